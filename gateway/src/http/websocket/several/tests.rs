use bytes::Bytes;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;
use crate::http::problem::kind;
use crate::http::stream::script::{Script, Stage};
use crate::http::stream::{Credit, Dialect, write_stream};
use crate::http::websocket::Client;
use crate::http::websocket::peer::tests::{Near, masked};
use crate::image::{EventEnd, Frame};
use crate::reader::ReadError;

/// Longer than anything that is waited for here, shorter than a heartbeat.
const SOON: Duration = Duration::from_secs(5);

/// Two endpoints, and a client.
struct Scene {
    orders: Arc<Stage>,
    payments: Arc<Stage>,
    end: DuplexStream,
    served: JoinHandle<()>,
}

impl Scene {
    async fn new() -> Self {
        let (orders, payments) = (Arc::<Stage>::default(), Arc::<Stage>::default());
        let known = [("orders", Arc::clone(&orders)), ("payments", Arc::clone(&payments))];
        let open: Open<Script> = Box::new(move |subscribe| {
            let found = known.iter().find(|(address, _)| *address == subscribe.address);
            let window = subscribe.window.and_then(|window| u32::try_from(window).ok());
            let stream = found
                .map(|(_, stage)| Box::new(stage.stream_as(Dialect::Part, Credit::new(window))));
            let refusal = Problem::new(kind::ENDPOINT_NOT_FOUND, "Not here.");
            Box::pin(async move { stream.ok_or(refusal) })
        });
        let (principal, listening) = orders.principal();
        let several = Box::new(Several::new(open, principal, listening));
        let (end, near) = tokio::io::duplex(1 << 20);
        let writing = write_stream(Near(near), several, Vec::new(), Box::<Client>::default());
        let mut scene = Self { orders, payments, end, served: tokio::spawn(writing) };
        assert_eq!(scene.word().await, json!({ "subscriptions": 32 }));
        scene
    }

    async fn say(&mut self, word: Value) {
        let frame = masked(0x81, word.to_string().as_bytes());
        self.end.write_all(&frame).await.expect("it is open");
    }

    /// The next text; `None`: a ping.
    async fn next(&mut self) -> Option<Value> {
        let head = self.end.read_u16().await.expect("a frame");
        let length = match head & 0x7f {
            126 => self.end.read_u16().await.expect("a length"),
            short => short,
        };
        let mut payload = vec![0; usize::from(length)];
        self.end.read_exact(&mut payload).await.expect("a payload");
        match head >> 8 {
            0x81 => Some(serde_json::from_slice(&payload).expect("JSON")),
            0x89 => None,
            0x88 => Some(json!({ "close": u16::from_be_bytes([payload[0], payload[1]]) })),
            other => panic!("{other:#x}"),
        }
    }

    async fn word(&mut self) -> Value {
        timeout(SOON, self.next()).await.expect("a word").expect("no ping")
    }

    async fn expect(&mut self, words: &[Value]) {
        for word in words {
            assert_eq!(self.word().await, *word);
        }
    }

    async fn nothing(&mut self) {
        let next = timeout(SOON, self.next()).await;
        assert!(next.is_err(), "{next:?}");
    }

    async fn subscribe(&mut self, address: &str, name: &str) {
        self.say(json!({ "subscribe": address, "as": name })).await;
        self.expect(&[json!({ "subscribed": name }), json!({ "subscription": name })]).await;
        assert!(self.word().await.get("cursor").is_some());
    }
}

/// A frame of messages `{"n":<offset>}`.
fn events(first: i64, count: i64) -> Frame {
    let (mut bytes, mut events) = (Vec::new(), Vec::new());
    for offset in first..first + count {
        say(&mut bytes, &json!({ "n": offset }));
        events.push(EventEnd { offset, end: u32::try_from(bytes.len()).expect("short") });
    }
    Frame::new(Bytes::from(bytes), events)
}

#[tokio::test(start_paused = true)]
async fn what_comes_stands_behind_whose_it_is() {
    let mut scene = Scene::new().await;
    scene.subscribe("orders", "a").await;
    scene.subscribe("payments", "b").await;
    scene.orders.push(events(0, 1));
    let named = json!({ "subscription": "a" });
    scene.expect(&[named, json!({ "n": 0 }), json!({ "cursor": "1" })]).await;
    // Said once, until another's comes.
    scene.orders.push(events(1, 1));
    scene.expect(&[json!({ "n": 1 }), json!({ "cursor": "2" })]).await;
    // Also before what is shared and not copied.
    scene.payments.push(events(0, 300));
    scene.expect(&[json!({ "subscription": "b" })]).await;
    for n in 0..300 {
        scene.expect(&[json!({ "n": n })]).await;
    }
    scene.expect(&[json!({ "cursor": "300" })]).await;
    scene.nothing().await;
}

#[tokio::test(start_paused = true)]
async fn who_has_much_does_not_hold_up_who_has_little() {
    let mut scene = Scene::new().await;
    scene.subscribe("orders", "a").await;
    scene.subscribe("payments", "b").await;
    for first in 0..1000 {
        scene.orders.push(events(first * 100, 100));
    }
    scene.payments.push(events(0, 1));
    let mut before = 0;
    while scene.word().await != json!({ "subscription": "b" }) {
        before += 1;
    }
    assert!(before < 2000, "{before} messages of the other came first");
}

#[tokio::test(start_paused = true)]
async fn each_has_a_window_of_its_own() {
    let mut scene = Scene::new().await;
    scene.say(json!({ "subscribe": "orders", "as": "a", "window": 2 })).await;
    scene.word().await;
    scene.expect(&[json!({ "subscription": "a" }), json!({ "cursor": "0" })]).await;
    scene.orders.push(events(0, 3));
    scene.expect(&[json!({ "n": 0 }), json!({ "n": 1 }), json!({ "cursor": "2" })]).await;
    scene.nothing().await;
    scene.say(json!({ "ack": 1, "of": "gone" })).await;
    scene.nothing().await;
    scene.say(json!({ "ack": 1, "of": "a" })).await;
    scene.expect(&[json!({ "n": 2 }), json!({ "cursor": "3" })]).await;
    scene.say(json!({ "ack": 4, "of": "a" })).await;
    scene.expect(&[json!({ "close": 1008 })]).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_given_up_or_sought_ends() {
    let mut scene = Scene::new().await;
    scene.subscribe("orders", "a").await;
    // In one go: the second is heard when the first is done.
    let words = [json!({ "unsubscribe": "a" }), json!({ "subscribe": "payments", "as": "a" })];
    let frames = words.map(|word| masked(0x81, word.to_string().as_bytes())).concat();
    scene.end.write_all(&frames).await.expect("it is open");
    scene.expect(&[json!({ "unsubscribed": "a" }), json!({ "subscribed": "a" })]).await;
    scene.expect(&[json!({ "subscription": "a" }), json!({ "cursor": "0" })]).await;
    scene.orders.push(events(0, 1));
    scene.nothing().await;
    scene.say(json!({ "seek": "a", "from": "earliest" })).await;
    scene.expect(&[json!({ "subscribed": "a" }), json!({ "subscription": "a" })]).await;
    scene.word().await;
    scene.say(json!({ "seek": "b", "from": "earliest" })).await;
    assert_eq!(scene.word().await["error"]["code"], "unknown_subscription");
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_or_cannot_go_on_stops_nothing_else() {
    let mut scene = Scene::new().await;
    scene.subscribe("orders", "a").await;
    scene.subscribe("payments", "b").await;
    for (word, code) in [
        (json!({ "subscribe": "orders", "as": "b" }), "name_in_use"),
        (json!({ "subscribe": "secrets", "as": "c" }), "endpoint_not_found"),
    ] {
        scene.say(word).await;
        assert_eq!(scene.word().await["error"]["code"], code);
    }
    scene.orders.fail(ReadError::TopicGone);
    scene.expect(&[json!({ "subscription": "a" })]).await;
    assert_eq!(scene.word().await["error"]["code"], "events_gone");
    scene.payments.push(events(0, 1));
    scene.expect(&[json!({ "subscription": "b" }), json!({ "n": 0 })]).await;
    scene.word().await;
    // The name is free again.
    scene.subscribe("payments", "a").await;
    for n in 2..32 {
        scene.subscribe("payments", &n.to_string()).await;
    }
    scene.say(json!({ "subscribe": "payments", "as": "more" })).await;
    assert_eq!(scene.word().await["error"]["code"], "too_many_subscriptions");
}

#[tokio::test(start_paused = true)]
async fn words_that_are_not_known_close() {
    for word in [
        json!({ "subscribe": "orders" }),
        json!({ "subscribe": "orders", "as": "" }),
        json!({ "subscribe": "orders", "as": "x".repeat(65) }),
        json!({ "subscribe": "orders", "as": "a", "form": "earliest" }),
        json!({ "ack": 1 }),
        json!({ "ack": -1, "of": "a" }),
        json!([]),
    ] {
        let mut scene = Scene::new().await;
        scene.say(word.clone()).await;
        assert_eq!(scene.word().await, json!({ "close": 1008 }), "{word}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_connection_ends_with_its_credential_and_its_replica() {
    for subscribed in [false, true] {
        let mut scene = Scene::new().await;
        if subscribed {
            scene.subscribe("payments", "a").await;
        }
        scene.orders.revoke();
        timeout(SOON, scene.served).await.expect("an end").expect("no panic");
        let mut scene = Scene::new().await;
        if subscribed {
            scene.subscribe("orders", "a").await;
        }
        scene.orders.signal.set_phase(Phase::Draining);
        scene.expect(&[json!({ "close": 1012 })]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_subscribes_to_nothing_is_asked_too() {
    let mut scene = Scene::new().await;
    assert_eq!(timeout(PING_EVERY * 2, scene.next()).await.expect("a ping"), None);
}

#[tokio::test(start_paused = true)]
async fn who_is_only_told_is_asked_whether_it_is_there_and_stays() {
    let mut scene = Scene::new().await;
    scene.subscribe("orders", "a").await;
    let (mut seen, mut pings) = (0, 0);
    for n in 0..300 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        scene.orders.push(events(n, 1));
        let mut cursor = false;
        while !cursor {
            match timeout(SOON, scene.next()).await.expect("it goes on") {
                None => {
                    pings += 1;
                    scene.end.write_all(&masked(0x8a, b"")).await.expect("it is open");
                }
                Some(word) => {
                    seen += usize::from(word.get("n").is_some());
                    cursor = word.get("cursor").is_some();
                }
            }
        }
    }
    assert_eq!(seen, 300);
    assert!((15..=25).contains(&pings), "{pings}");
}
