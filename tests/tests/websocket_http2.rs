//! WebSockets through HTTP/2 connections (RFC 8441), with a client of the h2 library and with
//! Chromium: the same as on connections of their own, side by side with other streams, within the
//! client's windows, and nothing for those who may not have it any more.

use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::{Buf, Bytes};
use futures_util::{SinkExt, StreamExt};
use h2::ext::Protocol;
use h2::{RecvStream, SendStream};
use serde_json::{Value, json};
use tests::documents::Documents;
use tests::expect::within;
use tests::gateway::{Gateway, Options};
use tests::http::Socket;
use tests::scripted_broker::{Batch, ScriptedBroker};
use tests::{eventually, run};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::http::{HeaderMap, Method, Request, Response};
use tokio_tungstenite::tungstenite::protocol::{Message, Role};

const LIMIT: Duration = Duration::from_secs(30);
/// The promise: how long a revocation may take.
const EFFECTIVE_LIMIT: Duration = Duration::from_secs(1);
const EVENTS: &str = "/v1/endpoints/orders/events?from=earliest";
/// A page that may read.
const PAGE: &str = "https://app.example";
/// A window that is never closed here.
const WIDE: u32 = 1 << 30;
/// What may be on its way to a client that takes nothing, beside its window and the sockets: four
/// pieces of 16 KiB, and 64 KiB for the connection.
const UNDERWAY_BYTES: u64 = 128 * 1024;
/// The window of a client that asks for none.
const WINDOW_BYTES: u64 = 65_535;

/// A stream of an HTTP/2 connection as a socket.
struct Tunnel {
    send: SendStream<Bytes>,
    receive: RecvStream,
    left: Bytes,
}

impl AsyncRead for Tunnel {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left.is_empty() {
            match ready!(self.receive.poll_data(task)) {
                None => return Poll::Ready(Ok(())),
                Some(data) => self.left = data.map_err(io::Error::other)?,
            }
        }
        let count = self.left.len().min(buffer.remaining());
        buffer.put_slice(&self.left[..count]);
        self.left.advance(count);
        let given_back = self.receive.flow_control().release_capacity(count);
        Poll::Ready(given_back.map_err(io::Error::other))
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.send.reserve_capacity(bytes.len());
        let room = match ready!(self.send.poll_capacity(task)) {
            None => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            Some(room) => room.map_err(io::Error::other)?.min(bytes.len()),
        };
        let sent = self.send.send_data(Bytes::copy_from_slice(&bytes[..room]), false);
        Poll::Ready(sent.map(|()| room).map_err(io::Error::other))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.send.send_data(Bytes::new(), true).map_err(io::Error::other))
    }
}

/// An HTTP/2 connection.
struct Client {
    requests: h2::client::SendRequest<Bytes>,
    authority: String,
    /// Ends when the connection does.
    running: JoinHandle<Result<(), h2::Error>>,
    /// Told to take nothing from its socket, and to go on.
    pause: Arc<Notify>,
    resume: Arc<Notify>,
}

impl Client {
    async fn over(socket: Socket, authority: &str, window: Option<u32>) -> anyhow::Result<Client> {
        let mut builder = h2::client::Builder::new();
        if let Some(window) = window {
            builder.initial_window_size(window).initial_connection_window_size(window);
        }
        let (requests, mut connection) = builder.handshake(socket).await?;
        let (pause, resume) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (pausing, resuming) = (Arc::clone(&pause), Arc::clone(&resume));
        let running = tokio::spawn(async move {
            loop {
                tokio::select! {
                    ended = &mut connection => return ended,
                    () = pausing.notified() => resuming.notified().await,
                }
            }
        });
        let requests = within(LIMIT, "a connection", requests.ready()).await??;
        let authority = authority.to_owned();
        let client = Client { requests, authority, running, pause, resume };
        eventually(LIMIT, "tunnels are offered", || async {
            client.requests.is_extended_connect_protocol_enabled().then_some(())
        })
        .await?;
        Ok(client)
    }

    async fn plain(gateway: &Gateway) -> anyhow::Result<Client> {
        let socket = Socket::connect(&gateway.address(), None).await?;
        Client::over(socket, &gateway.address(), None).await
    }

    /// A tunnel, and what its answer says of it.
    async fn connect(
        &self,
        protocol: &str,
        target: &str,
        headers: &[(&str, &str)],
    ) -> anyhow::Result<(Response<RecvStream>, SendStream<Bytes>)> {
        let url = format!("https://{}{target}", self.authority);
        let mut request = Request::builder().method(Method::CONNECT).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(())?;
        request.extensions_mut().insert(Protocol::from(protocol));
        let mut requests = self.requests.clone();
        let (answer, send) = requests.send_request(request, false)?;
        Ok((within(LIMIT, "an answer", answer).await??, send))
    }

    async fn open(&self, target: &str, headers: &[(&str, &str)]) -> anyhow::Result<Events> {
        let headers = [&[("sec-websocket-version", "13")], headers].concat();
        let (answer, send) = self.connect("websocket", target, &headers).await?;
        anyhow::ensure!(answer.status() == 200, "{answer:?}");
        let (head, receive) = answer.into_parts();
        let tunnel = Tunnel { send, receive, left: Bytes::new() };
        let stream = WebSocketStream::from_raw_socket(tunnel, Role::Client, None).await;
        Ok(Events { stream, headers: head.headers })
    }

    /// The code of the problem that a request gets.
    async fn refused(
        &self,
        protocol: &str,
        target: &str,
        headers: &[(&str, &str)],
    ) -> anyhow::Result<(u16, String)> {
        let (answer, _send) = self.connect(protocol, target, headers).await?;
        let status = answer.status().as_u16();
        let mut body = answer.into_body();
        let mut document = Vec::new();
        while let Some(data) = within(LIMIT, "a problem", body.data()).await? {
            document.extend_from_slice(&data?);
        }
        let document: Value = serde_json::from_slice(&document).context("no problem document")?;
        Ok((status, document["code"].as_str().unwrap_or_default().to_owned()))
    }
}

/// A WebSocket, and what was said when it was opened.
struct Events {
    stream: WebSocketStream<Tunnel>,
    headers: HeaderMap,
}

impl Events {
    /// The next thing that is said as text.
    async fn said(&mut self) -> anyhow::Result<Value> {
        loop {
            match within(LIMIT, "a message", self.stream.next()).await? {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text)?),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => anyhow::bail!("not a message: {other:?}"),
            }
        }
    }

    async fn number(&mut self) -> anyhow::Result<i64> {
        loop {
            let said = self.said().await?;
            if said.get("cursor").is_none() {
                return said["value"]["n"].as_i64().context(said.to_string());
            }
        }
    }

    async fn say(&mut self, word: Value) -> anyhow::Result<()> {
        Ok(self.stream.send(Message::text(word.to_string())).await?)
    }

    /// Reads to the end: the close code, if there is one.
    async fn end(&mut self) -> anyhow::Result<Option<u16>> {
        loop {
            match within(LIMIT, "the end", self.stream.next()).await? {
                Some(Ok(Message::Close(frame))) => {
                    return Ok(frame.map(|frame| u16::from(frame.code)));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Ok(None),
            }
        }
    }
}

struct Scene {
    broker: ScriptedBroker,
    gateway: Gateway,
    shop: String,
    desk: String,
}

impl Scene {
    async fn new(options: Options) -> anyhow::Result<Scene> {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("orders", 1);
        let gateway = Gateway::start_with(options).await?;
        let own = format!("https://{}", gateway.address());
        let endpoint =
            format!("{{cluster: main, topic: orders, allowedOrigins: [\"{PAGE}\", \"{own}\"]}}");
        let documents = Documents::new()
            .cluster("main", &broker.address())
            .document("Endpoint", "orders", &endpoint)
            .plan("gold", "orders", &[])
            .subscriber("shop", "orders", "gold")
            .subscriber("desk", "orders", "gold");
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(LIMIT).await?;
        let secret = |name| applied.secret(name).map(|secret| format!("Bearer {}", secret.secret));
        let (shop, desk) = (secret("shop")?, secret("desk")?);
        Ok(Scene { broker, gateway, shop, desk })
    }

    fn produce(&self, numbers: std::ops::Range<i64>, bytes: usize) {
        let values = numbers.map(|n| json!({"n": n, "note": "x".repeat(bytes)}).to_string());
        self.broker.append("orders", 0, &Batch::of(&values.collect::<Vec<_>>()));
    }

    /// Bytes that were written for a subscription.
    async fn written(&self, application: &str) -> anyhow::Result<u64> {
        let subscription = format!("{application}-orders");
        let labels = [("subscription", subscription.as_str())];
        let metrics = self.gateway.metrics().await?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        Ok(metrics.sum("sluicegate_bytes_sent_total", &labels) as u64)
    }

    /// Waits until nothing more is written for a subscription: how much it was.
    async fn stalled(&self, application: &str) -> anyhow::Result<u64> {
        let mut before = 0;
        loop {
            // Counters are summed up every second.
            tokio::time::sleep(Duration::from_millis(1500)).await;
            let written = self.written(application).await?;
            if written > 0 && written == before {
                return Ok(written);
            }
            before = written;
        }
    }
}

#[test]
fn a_tunnel_says_what_a_connection_of_its_own_says() {
    run(90, async {
        for tls in [false, true] {
            let scene = Scene::new(Options { tls, ..Options::default() }).await?;
            let address = scene.gateway.address();
            let client = match tls {
                false => Client::plain(&scene.gateway).await?,
                true => {
                    let config = tests::tls::client_config(scene.gateway.ca(), None)?;
                    let mut config = Arc::unwrap_or_clone(config);
                    config.alpn_protocols = vec![b"h2".to_vec()];
                    let socket = Socket::connect(&address, Some(Arc::new(config))).await?;
                    Client::over(socket, &address, None).await?
                }
            };
            scene.produce(0..10, 10);
            // Side by side on one connection, and an acknowledgement for each window.
            let protocol = ("sec-websocket-protocol", "chat, sluicegate.v1");
            let shop = [("authorization", scene.shop.as_str()), protocol];
            let mut windowed = client.open(&format!("{EVENTS}&window=3"), &shop).await?;
            assert_eq!(windowed.headers["sec-websocket-protocol"], "sluicegate.v1");
            assert!(!windowed.headers.contains_key("sec-websocket-accept"));
            let desk = [("authorization", scene.desk.as_str())];
            let mut free = client.open(EVENTS, &desk).await?;
            let mut several = client.open("/v1/stream", &desk).await?;
            several.say(json!({"subscribe": "orders", "as": "a", "from": "earliest"})).await?;
            let mut told = Vec::new();
            for _ in 0..4 {
                told.push(several.said().await?);
            }
            assert_eq!(told[0], json!({"subscriptions": 32}));
            assert_eq!(told[1], json!({"subscribed": "a"}));
            assert_eq!(told[2], json!({"subscription": "a"}));
            for n in 0..10 {
                assert_eq!(windowed.number().await?, n);
                assert_eq!(free.number().await?, n);
                assert_eq!(several.number().await?, n);
                if n % 3 == 2 {
                    windowed.say(json!({"ack": n + 1})).await?;
                }
            }
            // One that breaks the rules ends alone, with the code that it gets everywhere.
            free.say(json!({"ack": 99})).await?;
            assert_eq!(free.end().await?, Some(1008));
            several.stream.close(None).await?;
            assert_eq!(several.end().await?, None);
            scene.produce(10..11, 10);
            assert_eq!(windowed.number().await?, 10);
            let open = [("door", "websocket")];
            let ended = || async {
                let metrics = scene.gateway.metrics().await.ok()?;
                (metrics.sum("sluicegate_streams_open", &open) == 1.0).then_some(())
            };
            eventually(LIMIT, "the others are gone", ended).await?;
            assert!(!client.running.is_finished());
        }
        Ok(())
    });
}

/// A protocol, a target, headers, and what is said of them.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], (u16, &'a str));

#[test]
fn what_opens_no_tunnel_is_told_why() {
    run(60, async {
        let scene = Scene::new(Options::default()).await?;
        let client = Client::plain(&scene.gateway).await?;
        let version = ("sec-websocket-version", "13");
        let shop = ("authorization", scene.shop.as_str());
        let evil = ("origin", "https://evil.example");
        let chat = ("sec-websocket-protocol", "chat");
        let nothing = "/v1/endpoints/nothing/events";
        let post = "/v1/tickets";
        let cases: &[Case<'_>] = &[
            ("connect-udp", EVENTS, &[version, shop], (501, "protocol_not_offered")),
            ("WebSocket", EVENTS, &[version, shop], (501, "protocol_not_offered")),
            ("websocket", EVENTS, &[version], (401, "unauthenticated")),
            ("websocket", EVENTS, &[shop], (426, "websocket_version_not_supported")),
            ("websocket", EVENTS, &[version, shop, evil], (403, "origin_not_allowed")),
            ("websocket", EVENTS, &[version, shop, chat], (400, "malformed_request")),
            ("websocket", nothing, &[version, shop], (404, "endpoint_not_found")),
            ("websocket", "/v1/stream?from=latest", &[version, shop], (400, "unknown_parameter")),
            ("websocket", "/api/v1/endpoints", &[version, shop], (404, "not_found")),
            ("websocket", post, &[version, shop], (405, "method_not_allowed")),
        ];
        for (protocol, target, headers, (status, code)) in cases {
            let said = client.refused(protocol, target, headers).await?;
            assert_eq!(said, (*status, (*code).to_owned()), "{protocol} {target} {headers:?}");
        }
        // Pages of the server that is asked may open both; others only what allows them.
        let own = format!("http://{}", scene.gateway.address());
        let page = [shop, ("origin", own.as_str())];
        client.open(EVENTS, &page).await?.said().await?;
        let mut several = client.open("/v1/stream", &page).await?;
        several.say(json!({"subscribe": "orders", "as": "a"})).await?;
        several.said().await?;
        assert_eq!(several.said().await?, json!({"subscribed": "a"}));
        let mut several = client.open("/v1/stream", &[shop, evil]).await?;
        several.say(json!({"subscribe": "orders", "as": "a"})).await?;
        several.said().await?;
        assert_eq!(several.said().await?["error"]["code"], "origin_not_allowed");
        Ok(())
    });
}

#[test]
fn a_ticket_opens_a_tunnel() {
    run(60, async {
        let scene = Scene::new(Options::default()).await?;
        scene.produce(0..1, 10);
        let client = Client::plain(&scene.gateway).await?;
        let ticket = ticket(&scene, PAGE).await?;
        let target = format!("{EVENTS}&ticket={ticket}");
        let version = ("sec-websocket-version", "13");
        let other = ("origin", "https://evil.example");
        let (status, _) = client.refused("websocket", &target, &[version, other]).await?;
        assert_eq!(status, 403);
        // Without a page's origin a ticket is nobody's.
        let said = client.refused("websocket", &target, &[version]).await?;
        assert_eq!(said, (401, "ticket_refused".to_owned()));
        let mut events = client.open(&target, &[("origin", PAGE)]).await?;
        assert_eq!(events.number().await?, 0);
        Ok(())
    });
}

async fn ticket(scene: &Scene, origin: &str) -> anyhow::Result<String> {
    let headers = [("authorization", scene.shop.as_str()), ("content-type", "application/json")];
    let body = json!({"endpoints": ["orders"], "origin": origin}).to_string();
    let answer = scene.gateway.send("POST", "/v1/tickets", &headers, body.as_bytes()).await?;
    anyhow::ensure!(answer.status() == 201, "{answer:?}");
    Ok(answer.json()?["ticket"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_client_that_does_not_read_is_sent_its_window_and_nobody_else_waits() {
    run(90, async {
        let scene = Scene::new(Options::default()).await?;
        let client = Client::plain(&scene.gateway).await?;
        // The connection's window is as wide as the stalled stream's: others need their own.
        let mut stalled = client.open(EVENTS, &[("authorization", &scene.shop)]).await?;
        for batch in 0..100 {
            scene.produce(batch * 100..batch * 100 + 100, 1_000);
        }
        let written = scene.stalled("shop").await?;
        assert!(written <= WINDOW_BYTES + UNDERWAY_BYTES, "{written} bytes were written");
        let other = Client::plain(&scene.gateway).await?;
        let mut reads = other.open(EVENTS, &[("authorization", &scene.desk)]).await?;
        for n in 0..10_000 {
            assert_eq!(reads.number().await?, n);
        }
        // Nothing was lost for the one that comes back.
        for n in 0..10_000 {
            assert_eq!(stalled.number().await?, n);
        }
        Ok(())
    });
}

#[test]
fn a_drain_closes_tunnels_with_1012() {
    run(60, async {
        let scene = Scene::new(Options::default()).await?;
        scene.produce(0..5, 10);
        let client = Client::plain(&scene.gateway).await?;
        let shop = [("authorization", scene.shop.as_str())];
        let mut one = client.open(EVENTS, &shop).await?;
        let mut several = client.open("/v1/stream", &shop).await?;
        for n in 0..5 {
            assert_eq!(one.number().await?, n);
        }
        let ends = async {
            let ends = (one.end().await?, several.end().await?);
            drop((one, several));
            anyhow::Ok(ends)
        };
        let (status, ends) = tokio::join!(scene.gateway.sigterm(), ends);
        assert!(status?.success());
        assert_eq!(ends?, (Some(1012), Some(1012)));
        // Its own last frames may meet a socket that is closed already: nothing else may be wrong.
        let ended = within(LIMIT, "the connection ends", client.running).await??;
        assert!(ended.as_ref().err().is_none_or(h2::Error::is_io), "{ended:?}");
        Ok(())
    });
}

#[test]
fn who_may_not_read_any_more_loses_its_tunnel_and_no_other() {
    run(60, async {
        let scene = Scene::new(Options::default()).await?;
        // Wide, so that neither stream's unread events take the connection's window from the other.
        let socket = Socket::connect(&scene.gateway.address(), None).await?;
        let client = Client::over(socket, &scene.gateway.address(), Some(WIDE)).await?;
        let mut shop = client.open(EVENTS, &[("authorization", &scene.shop)]).await?;
        let mut desk = client.open(EVENTS, &[("authorization", &scene.desk)]).await?;
        scene.produce(0..100, 1_000);
        for n in 0..100 {
            assert_eq!((shop.number().await?, desk.number().await?), (n, n));
        }
        scene.gateway.revoke("shop-1").await?;
        let begun = Instant::now();
        assert_eq!(shop.end().await?, None);
        assert!(begun.elapsed() <= EFFECTIVE_LIMIT, "{:?}", begun.elapsed());
        scene.produce(100..200, 1_000);
        for n in 100..200 {
            assert_eq!(desk.number().await?, n);
        }
        assert!(!client.running.is_finished());
        Ok(())
    });
}

#[test]
fn what_a_client_has_not_taken_does_not_reach_it_after_its_permit_ended() {
    run(90, async {
        let scene = Scene::new(Options::default()).await?;
        let address = scene.gateway.address();
        for (application, secret) in [("shop", &scene.shop), ("desk", &scene.desk)] {
            // The one closes its window; the other's is wide, and it does not read its socket.
            let wide = application == "desk";
            let tcp = TcpSocket::new_v4()?;
            tcp.set_recv_buffer_size(64 * 1024)?;
            let tcp: TcpStream = tcp.connect(address.parse()?).await?;
            let socket = Socket::over(tcp, None).await?;
            let client = Client::over(socket, &address, wide.then_some(WIDE)).await?;
            let mut events = client.open(EVENTS, &[("authorization", secret)]).await?;
            events.said().await?;
            if wide {
                client.pause.notify_one();
            }
            for batch in 0..100 {
                scene.produce(batch * 100..batch * 100 + 100, 1_000);
            }
            let written = scene.stalled(application).await?;
            assert!(written < 2_000_000, "{application}: {written} bytes");
            scene.gateway.revoke(&format!("{application}-1")).await?;
            let open = [("door", "websocket")];
            let ended = || async {
                let metrics = scene.gateway.metrics().await.ok()?;
                (metrics.sum("sluicegate_streams_open", &open) == 0.0).then_some(())
            };
            eventually(EFFECTIVE_LIMIT, "the stream has ended", ended).await?;
            tokio::time::sleep(EFFECTIVE_LIMIT).await;
            client.resume.notify_one();
            // It is the connection that breaks: what was unsent is gone.
            assert!(within(LIMIT, "the connection breaks", client.running).await??.is_err());
        }
        Ok(())
    });
}

#[test]
fn a_page_opens_its_tunnel_in_chromium() {
    run(120, async {
        let scene = Scene::new(Options { tls: true, ..Options::default() }).await?;
        scene.produce(0..20, 10);
        let origin = format!("https://{}", scene.gateway.address());
        let program = tests::clients::install::browser("http2.mjs")?;
        let mut command = tokio::process::Command::from(program.command());
        command.arg(&origin).arg(ticket(&scene, &origin).await?).stdin(Stdio::null());
        let output = command.kill_on_drop(true).output().await?;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let wrong = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success() && told.contains("passed"), "{told}{wrong}");
        Ok(())
    });
}
