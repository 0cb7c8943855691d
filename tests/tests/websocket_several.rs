//! Several endpoints on one WebSocket, with a client of a library: each subscription sees what its
//! plan shows, a refusal stops nothing, a cursor goes on, and a revoked credential ends it all.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tests::documents::Documents;
use tests::expect::within;
use tests::gateway::Gateway;
use tests::run;
use tests::scripted_broker::{Batch, ScriptedBroker};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::Message;

const LIMIT: Duration = Duration::from_secs(30);
/// The promise: how long a revocation may take.
const EFFECTIVE_LIMIT: Duration = Duration::from_secs(1);
/// How long nothing may come before it counts as nothing.
const SILENCE: Duration = Duration::from_millis(500);
/// Events of each topic.
const EVENTS: i64 = 200;

struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    async fn open(gateway: &Gateway, secret: &str) -> anyhow::Result<Socket> {
        let address = gateway.address();
        let mut request = format!("ws://{address}/v1/stream").into_client_request()?;
        let bearer = HeaderValue::from_str(&format!("Bearer {secret}"))?;
        request.headers_mut().insert("authorization", bearer);
        let connection = TcpStream::connect(address).await?;
        let (stream, _) = tokio_tungstenite::client_async(request, connection).await?;
        let mut socket = Socket(stream);
        assert_eq!(socket.next().await?, json!({ "subscriptions": 32 }));
        Ok(socket)
    }

    async fn say(&mut self, word: Value) -> anyhow::Result<()> {
        Ok(self.0.send(Message::text(word.to_string())).await?)
    }

    async fn next(&mut self) -> anyhow::Result<Value> {
        loop {
            match within(LIMIT, "a message", self.0.next()).await? {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text)?),
                Some(Ok(Message::Ping(_))) => {}
                other => anyhow::bail!("not a message: {other:?}"),
            }
        }
    }

    /// So many events, each with whose it is, and the last cursor behind them.
    async fn events(&mut self, count: usize) -> anyhow::Result<(Vec<(String, Value)>, String)> {
        let (mut events, mut whose) = (Vec::new(), String::new());
        loop {
            let next = self.next().await?;
            if let Some(name) = next["subscription"].as_str() {
                whose = name.to_owned();
            } else if let Some(cursor) = next["cursor"].as_str() {
                if events.len() == count {
                    return Ok((events, cursor.to_owned()));
                }
            } else if next.get("partition").is_some() {
                events.push((whose.clone(), next));
            } else {
                anyhow::ensure!(next.get("subscribed").is_some(), "{next}");
            }
        }
    }
}

#[test]
fn several_endpoints_share_a_connection() {
    run(120, async {
        let broker = ScriptedBroker::start().await?;
        let gateway = Gateway::start().await?;
        let rules = "[{replace: {path: \"$.secret\", value: hidden}}]";
        let mut documents = Documents::new()
            .cluster("main", &broker.address())
            .policy("view", rules)
            .document("Application", "page", "{}")
            .document("Credential", "page-1", "{application: page}");
        for (topic, policies) in [("orders", &["view"][..]), ("payments", &[])] {
            broker.create_topic(topic, 1);
            for n in 0..EVENTS {
                let value = json!({ "n": n, "secret": topic }).to_string();
                broker.append(topic, 0, &Batch::of(&[value]));
            }
            let plan = format!("{topic}-plan");
            let spec = format!("{{application: page, endpoint: {topic}, plan: {plan}}}");
            documents = documents.endpoint("main", topic).plan(&plan, topic, policies);
            documents = documents.document("Subscription", &format!("page-{topic}"), &spec);
        }
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(LIMIT).await?;
        let secret = &applied.secret("page")?.secret;
        let mut socket = Socket::open(&gateway, secret).await?;
        // Said in one go, dealt with one after the other.
        socket.say(json!({ "subscribe": "nothing", "as": "x" })).await?;
        socket.say(json!({ "subscribe": "orders", "as": "a", "from": "earliest" })).await?;
        let refused = socket.next().await?;
        assert_eq!(refused["refused"], "x");
        assert_eq!(refused["error"]["code"], "endpoint_not_found");
        let count = usize::try_from(EVENTS)?;
        let (events, kept) = socket.events(count).await?;
        for (n, (whose, event)) in events.iter().enumerate() {
            assert_eq!((whose.as_str(), &event["offset"]), ("a", &json!(n)));
            assert_eq!(event["value"]["secret"], "hidden");
        }
        socket.say(json!({ "subscribe": "payments", "as": "b", "from": "earliest" })).await?;
        let (events, _) = socket.events(count).await?;
        let shown = |(whose, event): &(String, Value)| {
            whose == "b" && event["value"]["secret"] == "payments"
        };
        assert!(events.iter().all(shown), "{events:?}");
        socket.say(json!({ "seek": "a", "from": "earliest" })).await?;
        let (events, _) = socket.events(count).await?;
        assert!(events.iter().all(|(whose, _)| whose == "a"));
        // On another connection, from the cursor: what came since.
        let mut other = Socket::open(&gateway, secret).await?;
        let again = json!({ "subscribe": "orders", "as": "z", "from": kept, "window": 1 });
        other.say(again).await?;
        for _ in 0..3 {
            other.next().await?;
        }
        assert!(tokio::time::timeout(SILENCE, other.next()).await.is_err());
        broker.append("orders", 0, &Batch::of(&["{\"n\":1000}", "{\"n\":1001}"]));
        let (events, _) = other.events(1).await?;
        assert_eq!(events[0].1["value"]["n"], 1000);
        assert!(tokio::time::timeout(SILENCE, other.next()).await.is_err(), "beyond the window");
        other.say(json!({ "ack": 1, "of": "z" })).await?;
        let (events, _) = other.events(1).await?;
        assert_eq!(events[0].1["value"]["n"], 1001);
        let ended = async { while other.next().await.is_ok() {} };
        gateway.revoke("page-1").await?;
        within(EFFECTIVE_LIMIT, "the end", ended).await?;
        assert!(Socket::open(&gateway, secret).await.is_err());
        Ok(())
    });
}
