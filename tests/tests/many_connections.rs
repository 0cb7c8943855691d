//! Nineteen thousand connections in one process, half of which do not read: the process stays
//! small, those who read get every event, and the others read on where they were.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt, TryStreamExt};
use serde_json::{Value, json};
use tests::crowd::Crowd;
use tests::documents::Documents;
use tests::expect::within;
use tests::gateway::{Gateway, Options};
use tests::load::{event, size};
use tests::scripted_broker::{Batch, ScriptedBroker};
use tests::sse::Stream;
use tests::{run, say};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

/// Connections, as far as a process may have files.
const CONNECTIONS: u64 = 19_000;
/// Events that everybody shall get.
const EVENTS: u64 = 200;
const EVENT_BYTES: usize = 1_000;
/// A receive buffer that holds few of them.
const RECEIVE_BUFFER: u32 = 4 * 1024;
/// Events that a WebSocket sends ahead of acknowledgements.
const WINDOW: usize = 50;
/// How many of those who did not read are read on with, of each door.
const READ_ON: usize = 25;
/// Connections that are being opened at the same time.
const OPENING_MAX: usize = 64;
/// What the process may have for each connection, in bytes, and for all else.
const CONNECTION_BYTES_MAX: u64 = 8 * 1024;
const PROCESS_BYTES_MAX: u64 = 64 << 20;
const LIMIT: Duration = Duration::from_secs(120);

type Socket = WebSocketStream<TcpStream>;

/// Opens a WebSocket that nobody reads from.
async fn websocket(address: &str, secret: &str) -> anyhow::Result<Socket> {
    let url = format!("ws://{address}/v1/endpoints/orders/events?from=earliest&window={WINDOW}");
    let mut request = url.into_client_request()?;
    let bearer = HeaderValue::from_str(&format!("Bearer {secret}"))?;
    request.headers_mut().insert("authorization", bearer);
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    Ok(client_async(request, socket.connect(address.parse()?).await?).await?.0)
}

/// Opens so many, a few at a time.
async fn open<T, F: Future<Output = anyhow::Result<T>>>(
    count: u64,
    one: impl Fn() -> F,
) -> anyhow::Result<Vec<T>> {
    let opening = futures_util::stream::iter(0..count).map(|_| one());
    opening.buffer_unordered(OPENING_MAX).try_collect().await
}

/// Reads a WebSocket to the last event, acknowledging each.
async fn read_on(socket: &mut Socket) -> anyhow::Result<()> {
    let mut next = 0;
    while next < EVENTS {
        let message = within(LIMIT, "an event", socket.next()).await?;
        let Some(Ok(Message::Text(text))) = message else { continue };
        let told: Value = serde_json::from_str(&text)?;
        let Some(offset) = told["offset"].as_u64() else { continue };
        anyhow::ensure!(offset == next, "{offset} came, {next} is due");
        next += 1;
        socket.send(Message::text(json!({ "ack": next }).to_string())).await?;
    }
    Ok(())
}

async fn read_stream_on(stream: &mut Stream) -> anyhow::Result<()> {
    for (due, record) in (0..).zip(stream.records(usize::try_from(EVENTS)?, LIMIT).await?) {
        anyhow::ensure!(record.offset == due, "{} came, {due} is due", record.offset);
    }
    Ok(())
}

#[test]
fn nineteen_thousand_connections_cost_little_and_lose_nothing() {
    let connections = size("SLUICEGATE_CONNECTIONS", CONNECTIONS);
    run(500, async move {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("orders", 1);
        let toml = format!("[limits]\nconnections = {0}\nconnections_per_ip = {0}\n", 19_500);
        let options = Options { toml, level: "info".to_owned(), ..Options::default() };
        let gateway = Gateway::launch(options).await?;
        let documents = Documents::new()
            .cluster("main", &broker.address())
            .endpoint("main", "orders")
            .policy("mask", "[{mask: {path: \"$.email\"}}]")
            .plan("masked", "orders", &["mask"])
            .subscriber("reader", "orders", "masked");
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(LIMIT).await?;
        let secret = applied.secret("reader")?.secret.clone();
        let address = gateway.address();
        let request = gateway.events("orders").bearer(&secret).from("earliest");
        let (fast, slow) = (usize::try_from(connections / 2)?, connections / 4);
        let crowd = Crowd::open(&address, fast, |_| request.bytes(), None).await?;
        let stalled = Arc::new(request.receive_buffer(RECEIVE_BUFFER));
        let stream = || {
            let request = Arc::clone(&stalled);
            async move { request.open().await }
        };
        let socket = || {
            let (address, secret) = (address.clone(), secret.clone());
            async move { websocket(&address, &secret).await }
        };
        let mut streams = open(slow, stream).await?;
        let mut sockets = open(slow, socket).await?;
        let idle = gateway.resident_bytes()?;
        for n in 0..EVENTS {
            broker.append("orders", 0, &Batch::of(&[event(n, EVENT_BYTES)]));
        }
        crowd.each_saw(EVENTS, LIMIT).await?;
        assert_eq!(crowd.events(), fast as u64 * EVENTS, "nothing twice");
        assert_eq!(crowd.open_count(), fast);
        let busy = gateway.resident_bytes()?;
        say(&format!(
            "{connections} connections: {} MiB idle, {} MiB with half of them stalled",
            idle >> 20,
            busy >> 20
        ));
        let most = PROCESS_BYTES_MAX + connections * CONNECTION_BYTES_MAX;
        assert!(busy <= most, "{busy} bytes with {connections} connections");
        for stream in streams.iter_mut().take(READ_ON) {
            read_stream_on(stream).await?;
        }
        for socket in sockets.iter_mut().take(READ_ON) {
            read_on(socket).await?;
        }
        assert_eq!(crowd.open_count(), fast, "nobody was ended for the others");
        Ok(())
    });
}
