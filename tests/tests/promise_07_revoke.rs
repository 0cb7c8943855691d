//! Promise 7: a revoked credential, a suspended subscription and a tightened policy are effective
//! on open connections within a second, from the REST call to the client's socket. What is unsent
//! is discarded, the socket is reset, and nothing that was fetched later is received; also by a
//! client that stopped reading. On the stream writer, plain and over TLS, and on hyper.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use tests::documents::Documents;
use tests::expect::within;
use tests::gateway::{Applied, Gateway, Options};
use tests::scripted_broker::{Batch, ScriptedBroker};
use tests::sse::{Request, Stream};
use tests::{eventually, run, say};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The promise.
const EFFECTIVE_LIMIT: Duration = Duration::from_secs(1);
/// How long a subscription has left when its end is written into it.
const LEFT: time::Duration = time::Duration::seconds(3);
/// How often each change is tried.
const ROUNDS: usize = 20;
/// How long an event or a full socket may take.
const EVENT_LIMIT: Duration = Duration::from_secs(30);
/// How long nothing may be sent before every socket counts as full.
const STANDSTILL: Duration = Duration::from_millis(1_500);
/// Between two live events.
const BEAT: Duration = Duration::from_millis(3);
/// The receive buffer of those who do not read.
const RECEIVE_BYTES: u32 = 4096;

/// How a subscriber comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Plain,
    Tls,
    Hyper,
}

/// What is changed under an open stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Revoke,
    Suspend,
    Tighten,
}

impl Change {
    fn of(round: usize) -> Change {
        [Change::Revoke, Change::Suspend, Change::Tighten][round % 3]
    }

    async fn make(self, gateway: &Gateway, name: &str) -> anyhow::Result<()> {
        match self {
            Change::Revoke => gateway.revoke(&format!("{name}-1")).await,
            Change::Suspend => gateway.suspend(&format!("{name}-orders")).await,
            Change::Tighten => {
                let tight = Documents::new().policy(&format!("{name}-policy"), &shown("new"));
                gateway.apply(tight.yaml()).await.map(drop)
            }
        }
    }
}

fn shown(image: &str) -> String {
    format!("[{{replace: {{path: \"$.image\", value: {image}}}}}]")
}

struct Scene {
    broker: Arc<ScriptedBroker>,
    gateway: Gateway,
    applied: Applied,
    way: Way,
}

impl Scene {
    /// A gateway over one topic, and `count` subscribers `s0`, `s1`, … with plans of their own.
    async fn new(way: Way, count: usize) -> anyhow::Result<Scene> {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("orders", 1);
        let options = Options { tls: way == Way::Tls, ..Options::default() };
        let gateway = Gateway::start_with(options).await?;
        let mut documents =
            Documents::new().cluster("main", &broker.address()).endpoint("main", "orders");
        for name in (0..count).map(|n| format!("s{n}")) {
            let (plan, policy) = (format!("{name}-plan"), format!("{name}-policy"));
            documents = documents
                .policy(&policy, &shown("old"))
                .plan(&plan, "orders", &[&policy])
                .subscriber(&name, "orders", &plan);
        }
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(EVENT_LIMIT).await?;
        Ok(Scene { broker: Arc::new(broker), gateway, applied, way })
    }

    fn request(&self, name: &str) -> anyhow::Result<Request> {
        let secret = &self.applied.secret(name)?.secret;
        let request = self.gateway.events("orders").bearer(secret);
        Ok(match self.way {
            Way::Hyper => request.header("TE", "trailers"),
            _ => request,
        })
    }
}

/// Produces a small event every few milliseconds until dropped; `n` is the last one's number.
struct Feed {
    n: Arc<AtomicI64>,
    stop: Arc<AtomicBool>,
}

impl Feed {
    fn start(broker: &Arc<ScriptedBroker>) -> Feed {
        let (n, stop) = (Arc::new(AtomicI64::new(-1)), Arc::new(AtomicBool::new(false)));
        let (broker, counter, stopped) = (Arc::clone(broker), Arc::clone(&n), Arc::clone(&stop));
        tokio::spawn(async move {
            while !stopped.load(Ordering::Acquire) {
                // Counted before it can be fetched: a number is never too low.
                let n = counter.fetch_add(1, Ordering::AcqRel) + 1;
                broker.append("orders", 0, &Batch::of(&[event(n, "")]));
                tokio::time::sleep(BEAT).await;
            }
        });
        Feed { n, stop }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
    }
}

fn event(n: i64, filling: &str) -> String {
    format!("{{\"n\":{n},\"image\":\"untouched\",\"filling\":\"{filling}\"}}")
}

fn report(what: &str, times: &mut [Duration]) {
    times.sort();
    let at = |part: usize| times.get((times.len() * part).div_ceil(100).max(1) - 1);
    let (median, p99) = (at(50), at(99));
    say(&format!("{what}: {} times, median {median:?}, p99 {p99:?}", times.len()));
}

#[test]
fn a_reader_is_cut_off_within_a_second() {
    run(150, async {
        for way in [Way::Plain, Way::Tls, Way::Hyper] {
            reader_is_cut_off(way).await?;
        }
        Ok(())
    });
}

async fn reader_is_cut_off(way: Way) -> anyhow::Result<()> {
    let scene = Scene::new(way, 2 * ROUNDS).await?;
    let feed = Feed::start(&scene.broker);
    let mut times = Vec::new();
    for round in 0..2 * ROUNDS {
        let change = [Change::Revoke, Change::Suspend][round % 2];
        let name = format!("s{round}");
        let mut stream = scene.request(&name)?.open().await?;
        stream.records(3, EVENT_LIMIT).await?;
        let reader = tokio::spawn(async move {
            let end = loop {
                match stream.next(EVENT_LIMIT).await {
                    Ok(Some(_)) => {}
                    Ok(None) => break "closed".to_owned(),
                    Err(error) => break format!("{error:#}"),
                }
            };
            (end, Instant::now())
        });
        let start = Instant::now();
        change.make(&scene.gateway, &name).await?;
        let (end, ended) = within(EVENT_LIMIT, "the end of the stream", reader).await??;
        let took = ended - start;
        assert!(took < EFFECTIVE_LIMIT, "{way:?} {change:?}: {took:?}");
        assert_ne!(end, "closed", "{way:?} {change:?}: a clean end would be a lie");
        if way != Way::Hyper {
            assert!(end.contains("reset by peer"), "{way:?} {change:?}: {end}");
        }
        let again = scene.request(&name)?.refused().await?;
        let expected = if change == Change::Revoke { 401 } else { 403 };
        assert_eq!(again.status(), expected, "{}", again.text());
        times.push(took);
    }
    drop(feed);
    report(&format!("reader cut off, {way:?}"), &mut times);
    Ok(())
}

#[test]
fn a_subscription_ends_at_its_moment_for_those_who_read_and_those_who_come() {
    run(60, async {
        let scene = Scene::new(Way::Plain, 2).await?;
        let _feed = Feed::start(&scene.broker);
        let mut stream = scene.request("s0")?.open().await?;
        stream.records(3, EVENT_LIMIT).await?;
        let ends = OffsetDateTime::now_utc().replace_nanosecond(0)? + LEFT;
        let spec = format!(
            "{{application: s0, endpoint: orders, plan: s0-plan, expiresAt: \"{}\"}}",
            ends.format(&Rfc3339)?
        );
        let ending = Documents::new().document("Subscription", "s0-orders", &spec);
        scene.gateway.apply(ending.yaml()).await?;
        while stream.next(EVENT_LIMIT).await.is_ok_and(|event| event.is_some()) {}
        let late = OffsetDateTime::now_utc() - ends;
        say(&format!("ended {late} after its moment"));
        assert!(late > -time::Duration::SECOND, "too early: {late}");
        assert!(late < time::Duration::try_from(EFFECTIVE_LIMIT)?, "too late: {late}");
        let again = scene.request("s0")?.refused().await?;
        // Until it is moved the subscription is there, and over; then there is none.
        let body: serde_json::Value = serde_json::from_str(&again.text())?;
        let refusal = (again.status(), body["code"].as_str().unwrap_or_default());
        let expected = [(403, "subscription_expired"), (404, "endpoint_not_found")];
        assert!(expected.contains(&refusal), "{body}");
        // It is moved, not only refused; and others read on.
        let moved = eventually(EVENT_LIMIT, "the subscription is moved", || async {
            let path = "subscriptions/s0-orders";
            let answer = scene.gateway.rest("GET", path, "application/json", b"").await.ok()?;
            let found: serde_json::Value = serde_json::from_str(&answer.text()).ok()?;
            (found["spec"]["state"] == "expired").then_some(found)
        });
        let moved = moved.await?;
        assert_eq!(moved["spec"]["decision"]["by"], "system:expiry", "{moved}");
        scene.request("s1")?.open().await?.records(3, EVENT_LIMIT).await?;
        Ok(())
    });
}

#[test]
fn a_tightened_policy_holds_for_everything_after_it() {
    run(150, async {
        for way in [Way::Plain, Way::Tls, Way::Hyper] {
            policy_is_tightened(way).await?;
        }
        Ok(())
    });
}

/// An event as a subscriber saw it: its number, its image.
type SeenEvent = (i64, String);

async fn policy_is_tightened(way: Way) -> anyhow::Result<()> {
    let scene = Scene::new(way, ROUNDS).await?;
    let feed = Feed::start(&scene.broker);
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let name = format!("s{round}");
        let request = scene.request(&name)?;
        let mut stream = request.open().await?;
        let first = stream.records(3, EVENT_LIMIT).await?;
        assert_eq!(first[0].value_json()?["image"], "old");
        let after = Arc::new(AtomicI64::new(i64::MAX));
        let reader = tokio::spawn(until_new(stream, request, Arc::clone(&after)));
        let start = Instant::now();
        Change::Tighten.make(&scene.gateway, &name).await?;
        let answered = feed.n.load(Ordering::Acquire);
        after.store(answered, Ordering::Release);
        let (seen, first_new) = within(EVENT_LIMIT, "the new image", reader).await???;
        let took = first_new - start;
        assert!(took < EFFECTIVE_LIMIT, "{way:?}: {took:?}");
        let mut is_new = false;
        for (n, image) in &seen {
            assert!(image == "old" || image == "new", "{image}");
            assert!(!(is_new && image == "old"), "{way:?}: {n} is old again");
            is_new |= image == "new";
            assert!(*n <= answered || image == "new", "{way:?}: {n} > {answered} is {image}");
        }
        times.push(took);
    }
    drop(feed);
    report(&format!("policy tightened, {way:?}"), &mut times);
    Ok(())
}

/// Reads, resuming when cut, until 50 events produced after `after` were seen; when the first new
/// image came.
async fn until_new(
    mut stream: Stream,
    request: Request,
    after: Arc<AtomicI64>,
) -> anyhow::Result<(Vec<SeenEvent>, Instant)> {
    let (mut seen, mut first_new, mut later) = (Vec::new(), None, 0);
    while later < 50 {
        let Ok(Some(event)) = stream.next(EVENT_LIMIT).await else {
            let id = stream.last_event_id().to_owned();
            stream = request.clone().last_event_id(&id).open().await?;
            continue;
        };
        let value = event.record()?.value_json()?;
        let n = value["n"].as_i64().unwrap_or(-1);
        let image = value["image"].as_str().unwrap_or_default().to_owned();
        if image == "new" {
            first_new.get_or_insert_with(Instant::now);
        }
        later += usize::from(n > after.load(Ordering::Acquire));
        seen.push((n, image));
    }
    Ok((seen, first_new.unwrap_or_else(Instant::now)))
}

#[test]
fn a_stalled_client_is_reset_within_a_second() {
    run(200, async {
        for way in [Way::Plain, Way::Tls, Way::Hyper] {
            stalled_is_reset(way).await?;
        }
        Ok(())
    });
}

async fn stalled_is_reset(way: Way) -> anyhow::Result<()> {
    let scene = Scene::new(way, 3 * ROUNDS).await?;
    // Half of them are filled by large chunks from the log, half by single small events.
    let large = "x".repeat(16 * 1024);
    for n in 0..64 {
        let events: Vec<String> = (0..8).map(|i| event(8 * n + i, &large)).collect();
        scene.broker.append("orders", 0, &Batch::of(&events));
    }
    let mut streams = Vec::new();
    for round in 0..3 * ROUNDS {
        let request = scene.request(&format!("s{round}"))?;
        let from = if round / 3 % 2 == 0 { "earliest" } else { "latest" };
        let request = request.from(from).receive_buffer(RECEIVE_BYTES);
        streams.push(request.open().await?);
    }
    let small = "x".repeat(4 * 1024);
    for n in 512..812 {
        scene.broker.append("orders", 0, &Batch::of(&[event(n, &small)]));
        tokio::time::sleep(BEAT).await;
    }
    standstill(&scene.gateway).await?;
    let mut times = Vec::new();
    for (round, mut stream) in streams.into_iter().enumerate() {
        let change = Change::of(round);
        let start = Instant::now();
        change.make(&scene.gateway, &format!("s{round}")).await?;
        scene.broker.append("orders", 0, &Batch::of(&[event(9_999, "")]));
        let what = format!("{way:?} {change:?} {round}: the reset");
        let error = eventually(EVENT_LIMIT, &what, || {
            let error = stream.socket().tcp().take_error();
            async move { error.ok().flatten() }
        });
        let error = error.await?;
        let took = start.elapsed();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        assert!(took < EFFECTIVE_LIMIT, "{way:?} {change:?}: {took:?}");
        // What the kernels had is all that is left, and it is all old.
        for event in stream.until_closed(EVENT_LIMIT).await? {
            let value = event.record()?.value_json()?;
            assert_eq!(value["image"], "old", "{way:?} {change:?}");
            assert!(value["n"].as_i64() < Some(9_999), "{way:?} {change:?}");
        }
        times.push(took);
    }
    report(&format!("stalled client reset, {way:?}"), &mut times);
    Ok(())
}

/// Waits until the gateway writes nothing more: every socket is full.
async fn standstill(gateway: &Gateway) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut last = (-1.0, Instant::now());
    while last.1.elapsed() < STANDSTILL {
        anyhow::ensure!(start.elapsed() < EVENT_LIMIT, "the sockets never fill");
        let bytes = gateway.metrics().await?.sum("sluicegate_bytes_sent_total", &[]);
        if bytes > last.0 {
            last = (bytes, Instant::now());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::ensure!(last.0 > 0.0, "nothing was sent");
    Ok(())
}
