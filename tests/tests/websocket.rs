//! The WebSocket door with a client of a library: the same events as Server-Sent Events, windows
//! and acknowledgements, resuming, revocation, and clients that break the rules.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tests::documents::Documents;
use tests::expect::within;
use tests::gateway::{Gateway, Options};
use tests::kafka::KafkaCluster;
use tests::orders::Orders;
use tests::produce::{Codec, Producer, Record};
use tests::run;
use tests::scripted_broker::{Batch, ScriptedBroker};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::Message;
use tokio_tungstenite::tungstenite::{Error, http};

const LIMIT: Duration = Duration::from_secs(30);
/// The promise: how long a revocation may take.
const EFFECTIVE_LIMIT: Duration = Duration::from_secs(1);
/// How long nothing may come before it counts as nothing.
const SILENCE: Duration = Duration::from_millis(500);
/// Events that go over both doors.
const EVENTS: usize = 500;

/// A connection, and what it was told.
struct Socket {
    stream: WebSocketStream<TcpStream>,
    cursor: String,
    events: Vec<Value>,
}

impl Socket {
    async fn open(gateway: &Gateway, query: &str, secret: &str) -> Result<Socket, Error> {
        Socket::open_with(gateway, query, &[("authorization", &format!("Bearer {secret}"))]).await
    }

    async fn open_with(
        gateway: &Gateway,
        query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Socket, Error> {
        let address = gateway.address();
        let url = format!("ws://{address}/v1/endpoints/orders/events?{query}");
        let mut request = url.into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, http::HeaderValue::from_str(value)?);
        }
        let connection = TcpStream::connect(address).await?;
        let (stream, _) = tokio_tungstenite::client_async(request, connection).await?;
        Ok(Socket { stream, cursor: String::new(), events: Vec::new() })
    }

    /// The next event; cursors are kept.
    async fn event(&mut self) -> anyhow::Result<Value> {
        loop {
            let message = within(LIMIT, "an event", self.stream.next()).await?;
            let text = match message {
                Some(Ok(Message::Text(text))) => text,
                Some(Ok(Message::Ping(_))) => continue,
                other => anyhow::bail!("not an event: {other:?}"),
            };
            let value: Value = serde_json::from_str(&text)?;
            match value["cursor"].as_str() {
                Some(cursor) => self.cursor = cursor.to_owned(),
                None => {
                    self.events.push(value.clone());
                    return Ok(value);
                }
            }
        }
    }

    /// Whatever comes until nothing does.
    async fn until_silent(&mut self) -> anyhow::Result<()> {
        while let Ok(event) = tokio::time::timeout(SILENCE, self.event()).await {
            event?;
        }
        Ok(())
    }

    async fn acknowledge(&mut self, events: usize) -> anyhow::Result<()> {
        Ok(self.stream.send(Message::text(json!({ "ack": events }).to_string())).await?)
    }

    /// The close code; `None`: it ends without a close frame.
    async fn closed(&mut self, limit: Duration) -> anyhow::Result<Option<u16>> {
        loop {
            match within(limit, "the end", self.stream.next()).await? {
                Some(Ok(Message::Close(frame))) => {
                    return Ok(frame.map(|frame| u16::from(frame.code)));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Ok(None),
            }
        }
    }
}

fn numbers(events: &[Value]) -> Vec<i64> {
    events.iter().filter_map(|event| event["value"]["n"].as_i64()).collect()
}

struct Scene {
    broker: ScriptedBroker,
    gateway: Gateway,
    secret: String,
}

impl Scene {
    async fn new() -> anyhow::Result<Scene> {
        let Orders { broker, gateway, secret } = Orders::start(Options::default()).await?;
        Ok(Scene { broker, gateway, secret })
    }

    fn produce(&self, numbers: std::ops::Range<i64>) {
        for n in numbers {
            self.broker.append("orders", 0, &Batch::of(&[json!({ "n": n }).to_string()]));
        }
    }

    async fn open(&self, query: &str) -> anyhow::Result<Socket> {
        Ok(Socket::open(&self.gateway, query, &self.secret).await?)
    }
}

#[test]
fn both_doors_show_the_same() {
    run(120, async {
        let kafka = KafkaCluster::shared().await?;
        let gateway = Gateway::start().await?;
        let topic = "websocket";
        kafka.create_topic(topic, 3).await?;
        let endpoint = format!("{{cluster: real, topic: {topic}, address: orders}}");
        let rules = "[{mask: {path: \"$.name\"}}, {keepWhen: {path: \"$.even\", equals: true}}]";
        let documents = Documents::new()
            .cluster("real", &kafka.bootstrap())
            .document("Endpoint", "orders", &endpoint)
            .policy("view", rules)
            .plan("gold", "orders", &["view"])
            .subscriber("shop", "orders", "gold");
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(LIMIT).await?;
        let secret = &applied.secret("shop")?.secret;
        let producer = Producer::new(&kafka.bootstrap(), Codec::Lz4)?;
        let record = |n: usize| {
            let value = json!({"n": n, "even": n.is_multiple_of(2), "name": "Ada"}).to_string();
            Record::value(value).partition((n % 3) as i32)
        };
        producer.send(topic, &(0..EVENTS).map(record).collect::<Vec<_>>())?;
        let mut stream = gateway.events("orders").bearer(secret).from("earliest").open().await?;
        let shown = stream.records(EVENTS / 2, LIMIT).await?;
        let mut socket = Socket::open(&gateway, "from=earliest", secret).await?;
        while socket.events.len() < EVENTS / 2 {
            socket.event().await?;
        }
        for partition in 0..3 {
            let of_socket: Vec<_> = socket
                .events
                .iter()
                .filter(|event| event["partition"] == partition)
                .map(|event| (event["offset"].clone(), event["value"].clone()))
                .collect();
            let of_stream: Vec<_> = shown
                .iter()
                .filter(|record| record.position().0 == partition)
                .map(|record| Ok((json!(record.position().1), record.value_json()?)))
                .collect::<anyhow::Result<_>>()?;
            assert_eq!(of_socket, of_stream, "partition {partition}");
            assert!(of_socket.iter().all(|(_, value)| value["name"] == "***"));
        }
        Ok(())
    });
}

#[test]
fn no_more_is_sent_than_the_window_holds() {
    run(60, async {
        let scene = Scene::new().await?;
        scene.produce(0..20);
        let mut socket = scene.open("from=earliest&window=5").await?;
        socket.until_silent().await?;
        assert_eq!(numbers(&socket.events), (0..5).collect::<Vec<_>>());
        socket.acknowledge(3).await?;
        socket.until_silent().await?;
        assert_eq!(numbers(&socket.events), (0..8).collect::<Vec<_>>());
        // Who goes on from the last cursor gets the rest, from any replica.
        let query = format!("from={}", socket.cursor);
        drop(socket);
        let mut again = scene.open(&query).await?;
        again.until_silent().await?;
        assert_eq!(numbers(&again.events), (8..20).collect::<Vec<_>>());
        Ok(())
    });
}

#[test]
fn values_come_as_the_bytes_they_are() {
    run(60, async {
        let scene = Scene::new().await?;
        scene.produce(0..1);
        let mut socket = scene.open("from=earliest&format=value").await?;
        let value = loop {
            match within(LIMIT, "a value", socket.stream.next()).await? {
                Some(Ok(Message::Binary(bytes))) => break bytes,
                Some(Ok(Message::Text(text))) => assert!(text.starts_with("{\"cursor\"")),
                other => anyhow::bail!("{other:?}"),
            }
        };
        assert_eq!(&value[..], br#"{"n":0}"#);
        Ok(())
    });
}

#[test]
fn a_revoked_credential_ends_the_socket_and_a_restart_says_so() {
    run(60, async {
        let mut scene = Scene::new().await?;
        scene.produce(0..3);
        let mut socket = scene.open("from=earliest").await?;
        socket.event().await?;
        scene.gateway.revoke("shop-1").await?;
        assert_eq!(socket.closed(EFFECTIVE_LIMIT).await?, None);
        let refused = scene.open("").await;
        let error = refused.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("401"), "{error}");
        let second = Documents::new().document("Credential", "shop-2", "{application: shop}");
        scene.secret = scene.gateway.apply(second.yaml()).await?.secret("shop")?.secret.clone();
        let mut socket = scene.open("from=earliest").await?;
        socket.event().await?;
        let (code, ended) = tokio::join!(socket.closed(LIMIT), scene.gateway.sigterm());
        assert_eq!((code?, ended?.success()), (Some(1012), true));
        Ok(())
    });
}

#[test]
fn who_breaks_the_rules_is_told_and_nobody_else_notices() {
    run(60, async {
        let scene = Scene::new().await?;
        let mut good = scene.open("window=10").await?;
        let cases = [
            (Message::text("hello"), 1008),
            (Message::text(r#"{"ack": 1}"#), 1008),
            (Message::binary(&b"\x00\x01"[..]), 1003),
            (Message::text("x".repeat(10_000)), 1009),
        ];
        for (message, code) in cases {
            let mut socket = scene.open("").await?;
            socket.stream.send(message).await?;
            assert_eq!(socket.closed(LIMIT).await?, Some(code));
        }
        let mut leaving = scene.open("").await?;
        leaving.stream.close(None).await?;
        leaving.closed(LIMIT).await?;
        scene.produce(0..1);
        assert_eq!(good.event().await?["value"]["n"], 0);
        Ok(())
    });
}

#[test]
fn pages_of_other_origins_open_nothing() {
    run(60, async {
        let scene = Scene::new().await?;
        let bearer = format!("Bearer {}", scene.secret);
        let evil = [("authorization", bearer.as_str()), ("origin", "https://evil.example")];
        let refused = Socket::open_with(&scene.gateway, "", &evil).await;
        let error = refused.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("403"), "{error}");
        let own = format!("http://{}", scene.gateway.address());
        let own = [("authorization", bearer.as_str()), ("origin", own.as_str())];
        assert!(Socket::open_with(&scene.gateway, "", &own).await.is_ok());
        Ok(())
    });
}
