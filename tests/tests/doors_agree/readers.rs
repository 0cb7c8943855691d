//! An ordinary client of each door, which goes on at the other gateway when one is gone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use futures_util::{SinkExt, StreamExt};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use serde_json::{Value, json};
use tests::produce::copied;
use tests::sse::{self, Outcome};
use tests::websocket;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Message;

use crate::events::{Chain, PARTITIONS, TOPIC};
use crate::scene::{LIMIT, Scene};
use crate::seen::Seen;

/// How long nothing may come before a connection is given up.
const SILENT_MAX: Duration = Duration::from_secs(20);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(50);
/// How long nothing more comes when everything has come.
const SILENCE: Duration = Duration::from_secs(1);
/// Events that a WebSocket sends ahead of acknowledgements …
const WINDOW: usize = 400;
/// … which come after so many.
const ACKNOWLEDGED_EACH: usize = 100;

/// A consumer that holds its place itself, over all kills: nothing comes again.
pub async fn over_kafka(scene: Arc<Scene>, chain: &'static Chain) -> anyhow::Result<Seen> {
    tokio::task::spawn_blocking(move || consume(&scene, chain)).await?
}

fn consume(scene: &Scene, chain: &'static Chain) -> anyhow::Result<Seen> {
    let secret = scene.applied.secret(chain.name)?;
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", scene.doors.join(","))
        .set("security.protocol", "sasl_plaintext")
        .set("sasl.mechanism", "PLAIN")
        .set("sasl.username", &secret.credential)
        .set("sasl.password", &secret.secret)
        .set("group.id", chain.name)
        .set("enable.auto.commit", "false")
        .set("check.crcs", "true")
        .set("reconnect.backoff.max.ms", "500")
        .set("log_level", "0")
        .create()?;
    let mut list = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        list.add_partition_offset(TOPIC, partition, Offset::Beginning)?;
    }
    consumer.assign(&list)?;
    let mut seen = Seen::new("kafka", chain);
    seen.connected(0);
    let mut last = Instant::now();
    while seen.count() < chain.shown() {
        anyhow::ensure!(last.elapsed() < LIMIT, "{} over Kafka", seen.count());
        // What it says about brokers that are gone is for operators.
        if let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) {
            seen.take(&copied(&message))?;
            last = Instant::now();
        }
    }
    anyhow::ensure!(!matches!(consumer.poll(SILENCE), Some(Ok(_))), "more over Kafka");
    Ok(seen)
}

/// An event stream that is opened again with its last id: what came after that comes again.
pub async fn over_sse(scene: Arc<Scene>, chain: &'static Chain) -> anyhow::Result<Seen> {
    let secret = &scene.applied.secret(chain.name)?.secret;
    let mut seen = Seen::new("sse", chain);
    let (mut id, mut since_id) = (None::<String>, 0);
    let began = Instant::now();
    for gateway in scene.gateways.iter().cycle() {
        anyhow::ensure!(began.elapsed() < LIMIT * 5, "{} over SSE", seen.count());
        let mut request = gateway.events(TOPIC).bearer(secret).from("earliest");
        if let Some(id) = &id {
            request = request.last_event_id(id);
        }
        let mut stream = match request.attempt().await {
            Ok(Outcome::Stream(stream)) => stream,
            Ok(Outcome::Refused(answer)) if answer.status() != 503 => {
                anyhow::bail!("{}", answer.text());
            }
            _ => {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        seen.connected(since_id);
        while let Ok(Some(event)) = stream.next(SILENT_MAX).await {
            if event.is_record() {
                seen.take(&event.record()?.to_kafka()?)?;
            }
            if seen.count() == chain.shown() {
                let more = stream.next(SILENCE).await;
                anyhow::ensure!(!matches!(more, Ok(Some(_))), "more over SSE");
                return Ok(seen);
            }
        }
        // Without an id on this connection the one before holds, and what came after it.
        let parser = stream.parser();
        let after_last = parser.chunks.last().copied().unwrap_or_default();
        since_id = if parser.ids > 0 { after_last } else { since_id.max(after_last) };
        id = Some(stream.last_event_id().to_owned()).filter(|id| !id.is_empty()).or(id);
    }
    unreachable!("it cycles")
}

/// A WebSocket that is opened again with the cursor of what was done with: at most a window comes
/// again.
pub async fn over_websocket(scene: Arc<Scene>, chain: &'static Chain) -> anyhow::Result<Seen> {
    let secret = &scene.applied.secret(chain.name)?.secret;
    let mut seen = Seen::new("websocket", chain);
    let mut cursor = "earliest".to_owned();
    let began = Instant::now();
    for gateway in scene.gateways.iter().cycle() {
        anyhow::ensure!(began.elapsed() < LIMIT * 5, "{} over WebSocket", seen.count());
        let query = format!("from={cursor}&window={WINDOW}");
        let asked = (TOPIC, query.as_str());
        let Ok(mut socket) = websocket::open(&gateway.address(), asked, secret).await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        seen.connected(WINDOW);
        let mut done = 0;
        while let Ok(Some(Ok(message))) = tokio::time::timeout(SILENT_MAX, socket.next()).await {
            let Message::Text(text) = message else { continue };
            let value: Value = serde_json::from_str(&text)?;
            if let Some(told) = value.get("cursor").and_then(Value::as_str) {
                told.clone_into(&mut cursor);
                continue;
            }
            let record: sse::Record = serde_json::from_str(&text).context("no event")?;
            seen.take(&record.to_kafka()?)?;
            done += 1;
            if done % ACKNOWLEDGED_EACH == 0 {
                let acknowledged = Message::text(json!({ "ack": done }).to_string());
                if socket.send(acknowledged).await.is_err() {
                    break;
                }
            }
            if seen.count() == chain.shown() {
                let more = tokio::time::timeout(SILENCE, next_event(&mut socket)).await;
                anyhow::ensure!(more != Ok(true), "more over WebSocket");
                return Ok(seen);
            }
        }
    }
    unreachable!("it cycles")
}

/// Waits for an event; cursors and pings are none. A gateway that is killed meanwhile sends none.
async fn next_event(socket: &mut WebSocketStream<TcpStream>) -> bool {
    while let Some(Ok(message)) = socket.next().await {
        if matches!(message, Message::Text(text) if text.contains("\"offset\"")) {
            return true;
        }
    }
    false
}
