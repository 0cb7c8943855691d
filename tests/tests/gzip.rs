//! Event streams under gzip, read with real decoders while they flow: the same as plain ones, every
//! event as soon as it is there, whole at an orderly end, and compressed once for all who read.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use flate2::write::GzDecoder;
use serde_json::{Value, json};
use tests::crowd::Crowd;
use tests::expect::within;
use tests::gateway::{Gateway, Options};
use tests::http::{Connection, Head, Socket};
use tests::orders::Orders;
use tests::scripted_broker::{Batch, ScriptedBroker};
use tests::sse::{Event, Parser};
use tests::{eventually, run};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

const LIMIT: Duration = Duration::from_secs(30);
/// Subscribers at once, and what each of them reads.
const SUBSCRIBERS: usize = 1_000;
const BATCHES: i64 = 20;

struct Scene {
    broker: ScriptedBroker,
    gateway: Gateway,
    secret: String,
}

impl Scene {
    async fn new(options: Options) -> anyhow::Result<Scene> {
        let Orders { broker, gateway, secret } = Orders::start(options).await?;
        Ok(Scene { broker, gateway, secret })
    }

    /// A batch of so many events of about 400 bytes.
    fn produce(&self, first: i64, count: i64) {
        let values = (first..first + count).map(|n| {
            json!({"n": n, "customer": "c-1", "note": "as before ".repeat(30)}).to_string()
        });
        self.broker.append("orders", 0, &Batch::of(&values.collect::<Vec<_>>()));
    }

    fn request(&self, accept_encoding: &str) -> Vec<u8> {
        let request = self.gateway.events("orders").bearer(&self.secret).from("earliest");
        request.header("Accept-Encoding", accept_encoding).bytes()
    }

    async fn open(&self, accept_encoding: &str) -> anyhow::Result<(Head, Connection)> {
        let socket = Socket::connect(&self.gateway.address(), None).await?;
        let mut connection = Connection::new(socket);
        connection.send(&self.request(accept_encoding)).await?;
        let head = within(LIMIT, "a head", connection.head()).await??;
        Ok((head, connection))
    }
}

/// Where bytes come from.
enum Wire {
    Http1(Connection),
    Http2(reqwest::Response),
}

/// A stream that is decoded while it comes.
struct Gzipped {
    wire: Wire,
    raw: Vec<u8>,
    decoder: GzDecoder<Vec<u8>>,
    parser: Parser,
}

impl Gzipped {
    fn new(wire: Wire) -> Gzipped {
        let decoder = GzDecoder::new(Vec::new());
        Gzipped { wire, raw: Vec::new(), decoder, parser: Parser::new() }
    }

    /// Takes in what comes next; whether anything did.
    async fn read(&mut self) -> anyhow::Result<bool> {
        let bytes = match &mut self.wire {
            Wire::Http1(connection) => connection.body().await?,
            Wire::Http2(response) => response.chunk().await?.map(|chunk| chunk.to_vec()),
        };
        let Some(bytes) = bytes else { return Ok(false) };
        self.raw.extend_from_slice(&bytes);
        self.decoder.write_all(&bytes)?;
        self.decoder.flush()?;
        let plain = std::mem::take(self.decoder.get_mut());
        self.parser.feed(&plain)?;
        Ok(true)
    }

    async fn next(&mut self) -> anyhow::Result<Event> {
        loop {
            if let Some(event) = self.parser.pop() {
                return Ok(event);
            }
            let more = within(LIMIT, "the next event", self.read()).await??;
            anyhow::ensure!(more, "the stream ended");
        }
    }

    /// Reads to the end; what was said in all, checked against the member's trailer.
    async fn whole(mut self) -> anyhow::Result<Vec<u8>> {
        while within(LIMIT, "the end", self.read()).await?? {}
        let mut decoder = flate2::bufread::GzDecoder::new(self.raw.as_slice());
        let mut plain = Vec::new();
        std::io::Read::read_to_end(&mut decoder, &mut plain).context("the member is not whole")?;
        anyhow::ensure!(decoder.into_inner().is_empty(), "something follows the member");
        Ok(plain)
    }
}

fn number(event: &Event) -> anyhow::Result<i64> {
    event.record()?.value_json()?["n"].as_i64().context("no number")
}

#[test]
fn every_event_comes_without_waiting_for_the_next() {
    run(90, async {
        let scene = Scene::new(Options::default()).await?;
        // The client is made with TLS, also when none is spoken.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = reqwest::Client::builder().http2_prior_knowledge().build()?;
        let url = format!("http://{}/v1/endpoints/orders/events", scene.gateway.address());
        let over_http2 = client.get(format!("{url}?from=earliest")).bearer_auth(&scene.secret);
        let over_http2 = over_http2.header("accept-encoding", "br, gzip").send().await?;
        assert_eq!(over_http2.version(), reqwest::Version::HTTP_2);
        assert_eq!(over_http2.headers()["content-encoding"], "gzip");
        let (head, connection) = scene.open("gzip, deflate").await?;
        assert_eq!(head.header("content-encoding"), Some("gzip"));
        let varies = head.headers.iter().filter(|(name, _)| name == "vary");
        assert!(varies.into_iter().any(|(_, value)| value == "Accept-Encoding"), "{head:?}");
        let mut streams =
            [Gzipped::new(Wire::Http1(connection)), Gzipped::new(Wire::Http2(over_http2))];
        for n in 0..50 {
            scene.produce(n, 1);
            for stream in &mut streams {
                assert_eq!(number(&stream.next().await?)?, n);
            }
        }
        // Much at once, and then a little.
        scene.produce(50, 3_000);
        scene.produce(3_050, 1);
        for stream in &mut streams {
            for n in 50..3_051 {
                assert_eq!(number(&stream.next().await?)?, n);
            }
            assert!(stream.raw.len() < 3_000 * 400 / 5, "{} bytes came", stream.raw.len());
        }
        // As plain streams have it, ids included, from anywhere.
        let mut plain = scene.gateway.events("orders").bearer(&scene.secret).from("earliest");
        plain = plain.header("Accept-Encoding", "gzip;q=0, identity");
        let mut plain = plain.open().await?;
        assert_eq!(plain.head().header("content-encoding"), None);
        assert!(plain.head().headers.contains(&("vary".into(), "Accept-Encoding".into())));
        let [first, _] = streams;
        for (n, event) in plain.take(3_051, LIMIT).await?.iter().enumerate() {
            assert_eq!(number(event)?, i64::try_from(n)?);
        }
        drop(first);
        Ok(())
    });
}

#[test]
fn head_says_what_get_would() {
    run(60, async {
        let scene = Scene::new(Options::default()).await?;
        let bearer = format!("Bearer {}", scene.secret);
        for (accepts, expected) in [("gzip", Some("gzip")), ("br", None), ("*;q=0", None)] {
            let headers = [("Authorization", bearer.as_str()), ("Accept-Encoding", accepts)];
            let path = "/v1/endpoints/orders/events";
            let said = scene.gateway.send("HEAD", path, &headers, b"").await?;
            let (head, _connection) = scene.open(accepts).await?;
            for name in ["content-type", "content-encoding", "vary", "cache-control"] {
                assert_eq!(said.head.header(name), head.header(name), "{accepts} {name}");
            }
            assert_eq!(head.header("content-encoding"), expected);
        }
        Ok(())
    });
}

#[test]
fn a_drain_ends_the_member_with_its_sums() {
    run(90, async {
        let scene = Scene::new(Options::default()).await?;
        let client = {
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
            reqwest::Client::builder().http2_prior_knowledge().build()?
        };
        let url = format!("http://{}/v1/endpoints/orders/events", scene.gateway.address());
        let over_http2 = client.get(format!("{url}?from=earliest")).bearer_auth(&scene.secret);
        let over_http2 = over_http2.header("accept-encoding", "gzip").send().await?;
        let (_, connection) = scene.open("gzip").await?;
        scene.produce(0, 500);
        let mut streams =
            [Gzipped::new(Wire::Http1(connection)), Gzipped::new(Wire::Http2(over_http2))];
        for stream in &mut streams {
            for n in 0..500 {
                assert_eq!(number(&stream.next().await?)?, n);
            }
        }
        let whole = async {
            let [one, two] = streams;
            anyhow::Ok((one.whole().await?, two.whole().await?))
        };
        let (whole, status) = tokio::join!(whole, scene.gateway.sigterm());
        assert!(status?.success());
        let (one, two) = whole?;
        for plain in [one, two] {
            let text = String::from_utf8(plain)?;
            let last = text.rsplit("\n\n").nth(1).context("nothing was said")?;
            assert!(last.starts_with("retry: 2000\nid: "), "{last}");
        }
        Ok(())
    });
}

#[test]
fn a_thousand_subscribers_cost_one_compression() {
    run(180, async {
        let quiet = Options { level: "warn".to_owned(), ..Options::default() };
        let scene = Scene::new(quiet).await?;
        let request = |_| scene.request("gzip");
        let address = scene.gateway.address();
        let crowd = Crowd::open(&address, SUBSCRIBERS, request, None).await?;
        let (_, connection) = scene.open("gzip").await?;
        let mut one = Gzipped::new(Wire::Http1(connection));
        for batch in 0..BATCHES {
            scene.produce(batch * 10, 10);
            for n in batch * 10..batch * 10 + 10 {
                assert_eq!(number(&one.next().await?)?, n);
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let all = ((SUBSCRIBERS + 1) as i64 * BATCHES * 10) as f64;
        eventually(LIMIT, "everybody has everything", || async {
            let sent = scene.gateway.metrics().await.ok()?.sum("sluicegate_events_sent_total", &[]);
            (sent >= all).then_some(())
        })
        .await?;
        let metrics = scene.gateway.metrics().await?;
        let compressed = metrics.sum("sluicegate_segments_compressed_total", &[]);
        let images = metrics.sum("sluicegate_images_computed_total", &[]);
        assert_eq!((compressed, images), (BATCHES as f64, BATCHES as f64));
        assert_eq!(crowd.open_count(), SUBSCRIBERS);
        // What left is what was counted, and much less than what was read.
        let bytes = metrics.sum("sluicegate_bytes_sent_total", &[]);
        assert!(bytes < all * 400.0 / 3.0, "{bytes} bytes for {all} events");
        Ok(())
    });
}

#[test]
fn curl_shows_events_as_they_come() {
    run(60, async {
        let scene = Scene::new(Options::default()).await?;
        let url = format!("http://{}/v1/endpoints/orders/events", scene.gateway.address());
        for version in ["--http1.1", "--http2-prior-knowledge"] {
            let mut curl = Command::new("curl");
            curl.args(["-sSN", "--compressed", version, "-H"]);
            curl.arg(format!("Authorization: Bearer {}", scene.secret)).arg(&url);
            let mut child = curl.stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
            let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
            let first = within(LIMIT, "the first line", lines.next_line()).await??;
            assert_eq!(first.as_deref(), Some("retry: 2000"));
            for n in 0..5 {
                scene.produce(n, 1);
                loop {
                    let line = within(LIMIT, "an event", lines.next_line()).await??;
                    let line = line.context("it ended")?;
                    if let Some(data) = line.strip_prefix("data: ") {
                        let event: Value = serde_json::from_str(data)?;
                        assert_eq!(event["value"]["n"], n);
                        break;
                    }
                }
            }
        }
        Ok(())
    });
}
