//! A thousand credentials, each with an event stream and a WebSocket open: each revocation ends
//! both within a second from the REST call, and the others read on.

use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt};
use tests::documents::Documents;
use tests::expect::within;
use tests::gateway::{Gateway, Options};
use tests::load::{event, size};
use tests::scripted_broker::{Batch, ScriptedBroker};
use tests::sse::Stream;
use tests::{run, say, websocket};
use tokio::task::JoinHandle;

/// The promise.
const EFFECTIVE_LIMIT: Duration = Duration::from_secs(1);
/// Credentials that are revoked.
const REVOCATIONS: u64 = 1_000;
/// Those who are left at the end.
const LEFT: usize = 10;
/// Subscribers of one apply.
const APPLIED_AT_ONCE: usize = 200;
/// Subscribers that are opening at the same time.
const OPENING_MAX: usize = 32;
/// Between two events.
const BEAT: Duration = Duration::from_millis(250);
const EVENT_BYTES: usize = 200;
const LIMIT: Duration = Duration::from_secs(60);

/// One credential's connections, each until it ends: when that was.
struct Open {
    name: String,
    stream: JoinHandle<Instant>,
    socket: JoinHandle<Instant>,
}

async fn open(gateway: &Gateway, (name, secret): (String, String)) -> anyhow::Result<Open> {
    let stream = gateway.events("orders").bearer(&secret).open().await?;
    let mut socket = websocket::open(&gateway.address(), ("orders", ""), &secret).await?;
    let socket = tokio::spawn(async move {
        while let Some(Ok(_)) = socket.next().await {}
        Instant::now()
    });
    Ok(Open { name, stream: tokio::spawn(ended(stream)), socket })
}

async fn ended(mut stream: Stream) -> Instant {
    while let Ok(Some(_)) = stream.next(LIMIT).await {}
    Instant::now()
}

#[test]
fn a_thousand_revocations_each_end_both_doors_within_a_second() {
    let revocations = usize::try_from(size("SLUICEGATE_REVOCATIONS", REVOCATIONS)).unwrap_or(LEFT);
    run(300, async move {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("orders", 1);
        let gateway = Gateway::start_with(Options::default()).await?;
        let shared = Documents::new()
            .cluster("main", &broker.address())
            .endpoint("main", "orders")
            .policy("mask", "[{mask: {path: \"$.email\"}}]")
            .plan("masked", "orders", &["mask"]);
        gateway.apply(shared.yaml()).await?;
        let names: Vec<String> = (0..revocations + LEFT).map(|n| format!("s{n}")).collect();
        let mut keys = Vec::new();
        for some in names.chunks(APPLIED_AT_ONCE) {
            let documents = some.iter().fold(Documents::new(), |documents, name| {
                documents.subscriber(name, "orders", "masked")
            });
            let applied = gateway.apply(documents.yaml()).await?;
            for name in some {
                keys.push((name.clone(), applied.secret(name)?.secret.clone()));
            }
        }
        gateway.ready(LIMIT).await?;
        let opening = futures_util::stream::iter(keys).map(|key| open(&gateway, key));
        let mut all: Vec<Open> = opening.buffered(OPENING_MAX).try_collect().await?;
        let left = all.split_off(revocations);
        let feed = tokio::spawn(async move {
            for n in 0.. {
                broker.append("orders", 0, &Batch::of(&[event(n, EVENT_BYTES)]));
                tokio::time::sleep(BEAT).await;
            }
        });
        let mut times = Vec::new();
        for Open { name, stream, socket } in all {
            assert!(!stream.is_finished() && !socket.is_finished(), "{name} ended before");
            let start = Instant::now();
            gateway.revoke(&format!("{name}-1")).await?;
            let stream = within(LIMIT, "the stream's end", stream).await?? - start;
            let socket = within(LIMIT, "the socket's end", socket).await?? - start;
            let took = stream.max(socket);
            assert!(took < EFFECTIVE_LIMIT, "{name}: SSE {stream:?}, WebSocket {socket:?}");
            times.push(took);
        }
        for one in &left {
            let open = !one.stream.is_finished() && !one.socket.is_finished();
            assert!(open, "{} ended and was not revoked", one.name);
        }
        feed.abort();
        times.sort();
        let (median, longest) = (times.get(times.len() / 2), times.last());
        say(&format!("{} revocations: median {median:?}, longest {longest:?}", times.len()));
        Ok(())
    });
}
