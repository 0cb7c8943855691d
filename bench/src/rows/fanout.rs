//! `sse.fanout`, `ws.fanout`: deliveries per CPU-second of the server, 1,000 subscribers, 50 events
//! of 256 bytes a second, one event per write; `browser.p50`, `.p99`: how long events took there
//! from being produced to being read by a subscriber; `tls.fanout`: the same over TLS. All servers
//! stand ready at the same time and take turns in rounds of one run; in a server's turn nobody else
//! has subscribers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tests::gateway::Options;
use tokio_rustls::rustls::ClientConfig;

use super::median;
use crate::load::{Latency, Load};
use crate::peer::{Door, Server, centrifugo, nchan, roof};
use crate::process::cpu_seconds;
use crate::publish::{Publisher, Sink};
use crate::row::{Better, Row};
use crate::stand::{Stand, quiet};

/// Over Server-Sent Events.
pub const SSE_IDS: [&str; 3] = ["sse.fanout", "browser.p50", "browser.p99"];
/// Over WebSockets.
pub const WEBSOCKET_IDS: [&str; 1] = ["ws.fanout"];
/// Over TLS.
pub const TLS_IDS: [&str; 1] = ["tls.fanout"];

const SUBSCRIBERS: usize = 1_000;
const EVENTS_PER_SECOND: u32 = 50;
const EVENT_BYTES: usize = 256;
/// Share of the roof that the gateway has to reach.
const GOAL: f64 = 0.90;
/// Milliseconds that an event may take.
const P50_GOAL_MS: f64 = 7.0;
const P99_GOAL_MS: f64 = 13.0;
/// Share of its own deliveries without TLS; a figure to look at, not one that was promised.
const TLS_GOAL: f64 = 0.50;
/// Before a window: caches, branch predictors and the broker's fetch are warm.
const WARM_UP: Duration = Duration::from_secs(2);
const WINDOW: Duration = Duration::from_secs(8);
const WINDOW_QUICK: Duration = Duration::from_secs(2);
const ROUNDS: usize = 3;
const ROUNDS_QUICK: usize = 1;
/// Outside these shares of the events due, a backlog grew or shrank in the window: the CPU time is
/// then not that of the deliveries counted.
const DELIVERED: RangeInclusive<f64> = 0.95..=1.05;
/// How often a turn is tried on a machine that is too busy for it.
const TRIES: usize = 4;

/// The gateway.
const OURS: &str = "sluicegate";
/// The bare epoll loop.
const ROOF: &str = "bare_epoll_loop";

/// One server that takes turns.
struct Contender {
    name: &'static str,
    address: SocketAddr,
    request: String,
    tls: Option<Arc<ClientConfig>>,
    pid: u32,
    feed: Feed,
    /// With the round's number: ratios are of one round.
    turns: Vec<(usize, Turn)>,
}

/// How a server gets its events.
enum Feed {
    /// It makes them itself.
    Own,
    /// From a topic.
    Kafka { bootstrap: String, topic: String, header: Option<(&'static str, &'static str)> },
    /// By POST.
    Post(SocketAddr),
}

/// What one turn showed.
struct Turn {
    per_cpu_second: f64,
    events_per_read: f64,
    bytes_per_event: f64,
    p50_ms: f64,
    p99_ms: f64,
}

/// One of a turn's figures.
type Figure = fn(&Turn) -> f64;

/// Runs all servers in turns, over event streams.
///
/// # Errors
/// When the gateway or the roof fails; a peer that fails is named in the row's note.
pub async fn sse(quick: bool) -> Result<Vec<Row>> {
    let (contenders, notes) = beside_peers(Door::Sse, quick).await?;
    let mut rows = vec![against_roof("sse.fanout", "SSE", &contenders, notes)?];
    let percentiles: [(&str, f64, Figure); 2] = [
        ("browser.p50", P50_GOAL_MS, |turn| turn.p50_ms),
        ("browser.p99", P99_GOAL_MS, |turn| turn.p99_ms),
    ];
    for (id, goal, figure) in percentiles {
        let what = format!(
            "from producing an event to its last byte at a subscriber, through Kafka: \
             {SUBSCRIBERS} event streams × {EVENTS_PER_SECOND}/s × {EVENT_BYTES} B"
        );
        let mut row = Row::new(id, what, "ms", Better::Lower, goal);
        for contender in &contenders {
            let value = median(contender.turns.iter().map(|(_, turn)| figure(turn)));
            row = match contender.name {
                OURS => row.value(value),
                peer => row.peer(peer, value),
            };
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Runs all servers in turns, over WebSockets.
///
/// # Errors
/// As [`sse`].
pub async fn websocket(quick: bool) -> Result<Vec<Row>> {
    let (contenders, notes) = beside_peers(Door::Websocket, quick).await?;
    Ok(vec![against_roof("ws.fanout", "WebSocket", &contenders, notes)?])
}

/// Runs the gateway with TLS and without, in turns.
///
/// # Errors
/// When a gateway fails.
pub async fn tls(quick: bool) -> Result<Vec<Row>> {
    let plain = Stand::start("fanout-plain").await?;
    let over_tls = Stand::start_with("fanout-tls", Options { tls: true, ..quiet() }).await?;
    let mut contenders = vec![ours(&plain, Door::Sse)?, ours(&over_tls, Door::Sse)?];
    if let [plain, over_tls] = contenders.as_mut_slice() {
        (plain.name, over_tls.name) = ("plain", OURS);
    }
    let mut notes = Vec::new();
    take_turns(&mut contenders, &mut notes, quick);
    let what = format!(
        "SSE deliveries per CPU-second over TLS 1.3 ÷ those without TLS, in the same run; \
         {SUBSCRIBERS} subscribers × {EVENTS_PER_SECOND}/s × {EVENT_BYTES} B"
    );
    let row = Row::new("tls.fanout", what, "ratio", Better::Higher, TLS_GOAL);
    Ok(vec![with_turns(row, (&contenders, "plain"), notes)?])
}

/// The gateway, the roof and all peers, after their turns.
async fn beside_peers(door: Door, quick: bool) -> Result<(Vec<Contender>, Vec<String>)> {
    let (ours_topic, topic) = match door {
        Door::Sse => ("fanout", "fanout-centrifugo"),
        Door::Websocket => ("fanout-ws", "fanout-ws-centrifugo"),
    };
    let stand = Stand::start(ours_topic).await?;
    let roof = roof::start(door, EVENTS_PER_SECOND, EVENT_BYTES)?;
    let bootstrap = stand.kafka.bootstrap();
    stand.kafka.create_topic(topic, 1).await?;
    let mut notes = Vec::new();
    let mut peers = Vec::new();
    for (name, peer) in [
        ("nchan", nchan::start(door, 1)),
        ("nchan_2_workers", nchan::start(door, 2)),
        ("centrifugo", centrifugo::start(door, &bootstrap, topic)),
    ] {
        match peer {
            Ok(server) => peers.push((name, server)),
            Err(error) => notes.push(format!("{name}: {error:#}")),
        }
    }
    let mut contenders = vec![contender(ROOF, &roof, Feed::Own), ours(&stand, door)?];
    contenders.extend(peers.iter().map(|(name, server)| {
        let feed = match *name {
            "centrifugo" => Feed::Kafka {
                bootstrap: bootstrap.clone(),
                topic: topic.to_owned(),
                header: Some(centrifugo::CHANNEL_HEADER),
            },
            _ => Feed::Post(server.address),
        };
        contender(name, server, feed)
    }));
    take_turns(&mut contenders, &mut notes, quick);
    Ok((contenders, notes))
}

fn take_turns(contenders: &mut [Contender], notes: &mut Vec<String>, quick: bool) {
    let window = if quick { WINDOW_QUICK } else { WINDOW };
    for round in 1..=if quick { ROUNDS_QUICK } else { ROUNDS } {
        for contender in &mut *contenders {
            match turn_of(contender, window) {
                Ok(turn) => contender.turns.push((round, turn)),
                Err(error) => notes.push(format!("{}, round {round}: {error:#}", contender.name)),
            }
        }
    }
}

/// A turn, tried again while the machine is too busy for it.
fn turn_of(contender: &Contender, window: Duration) -> Result<Turn> {
    let mut tried = turn(contender, window);
    for _ in 1..TRIES {
        if tried.is_ok() {
            break;
        }
        tried = turn(contender, window);
    }
    tried
}

fn contender(name: &'static str, server: &Server, feed: Feed) -> Contender {
    Contender {
        name,
        address: server.address,
        request: server.request.clone(),
        tls: None,
        pid: server.pid(),
        feed,
        turns: Vec::new(),
    }
}

fn ours(stand: &Stand, door: Door) -> Result<Contender> {
    Ok(Contender {
        name: OURS,
        address: stand.address()?,
        request: stand.request_for(door),
        tls: stand.tls()?,
        pid: stand.pid()?,
        feed: Feed::Kafka {
            bootstrap: stand.kafka.bootstrap(),
            topic: stand.topic.clone(),
            header: None,
        },
        turns: Vec::new(),
    })
}

/// Subscribers connect, events flow, a window is measured, everybody leaves.
fn turn(contender: &Contender, window: Duration) -> Result<Turn> {
    let (address, tls) = (contender.address, contender.tls.as_ref());
    let load = Load::open_over(tls, address, &contender.request, SUBSCRIBERS)?;
    let sink = match &contender.feed {
        Feed::Own => None,
        Feed::Kafka { bootstrap, topic, header } => Some(Sink::kafka(bootstrap, topic, *header)?),
        Feed::Post(address) => Some(Sink::post(*address, nchan::PUBLISH_PATH)?),
    };
    let publisher = sink.map(|sink| Publisher::start(sink, EVENTS_PER_SECOND, EVENT_BYTES));
    std::thread::sleep(WARM_UP);
    let (start, counts, cpu) = (Instant::now(), load.counts(), cpu_seconds(contender.pid)?);
    load.record(true);
    std::thread::sleep(window);
    let counts = load.counts() - counts;
    let (cpu, took) = (cpu_seconds(contender.pid)? - cpu, start.elapsed());
    load.record(false);
    publisher.map_or(Ok(()), Publisher::stop)?;
    let latency: Latency = load.close()?;
    let due = took.as_secs_f64() * f64::from(EVENTS_PER_SECOND) * SUBSCRIBERS as f64;
    let events = counts.events as f64;
    ensure!(counts.missing + counts.repeated == 0, "events missing or repeated: {counts:?}");
    ensure!(
        DELIVERED.contains(&(events / due)),
        "{events} of {due:.0} deliveries: the machine is too busy"
    );
    Ok(Turn {
        per_cpu_second: events / cpu,
        events_per_read: events / counts.reads as f64,
        bytes_per_event: counts.bytes as f64 / events,
        p50_ms: latency.percentile_ms(0.50),
        p99_ms: latency.percentile_ms(0.99),
    })
}

fn against_roof(id: &str, door: &str, contenders: &[Contender], notes: Vec<String>) -> Result<Row> {
    let what = format!(
        "{door} deliveries per CPU-second ÷ those of a bare epoll loop; {SUBSCRIBERS} subscribers \
         × {EVENTS_PER_SECOND}/s × {EVENT_BYTES} B, from Kafka, auth and one masking policy on"
    );
    let row = Row::new(id, what, "ratio", Better::Higher, GOAL);
    let mut row = with_turns(row, (contenders, ROOF), notes)?;
    // What was promised beside the roof: a quarter more than Nchan, and 2.5 times Centrifugo.
    for peer in ["nchan", "centrifugo"] {
        let ratios = ratios(contenders, peer);
        if !ratios.is_empty() {
            row = row.detail(&format!("ratio_{peer}"), median(ratios));
        }
    }
    Ok(row)
}

fn turns<'a>(contenders: &'a [Contender], name: &str) -> &'a [(usize, Turn)] {
    let found = contenders.iter().find(|contender| contender.name == name);
    found.map(|contender| contender.turns.as_slice()).unwrap_or_default()
}

/// Our deliveries ÷ another's, in each round that both were measured in.
fn ratios(contenders: &[Contender], other: &str) -> Vec<f64> {
    let of = |(round, ours): &(usize, Turn)| {
        let (_, theirs) = turns(contenders, other).iter().find(|(of, _)| of == round)?;
        Some(ours.per_cpu_second / theirs.per_cpu_second)
    };
    turns(contenders, OURS).iter().filter_map(of).collect()
}

/// A row with our share of a reference, and the figures of everybody.
fn with_turns(
    row: Row,
    (contenders, reference): (&[Contender], &str),
    notes: Vec<String>,
) -> Result<Row> {
    let ratios = ratios(contenders, reference);
    ensure!(!ratios.is_empty(), "no round was measured: {}", notes.join("; "));
    let mut row = row.value(median(ratios.iter().copied()));
    let figures = |turns: &[(usize, Turn)]| -> BTreeMap<&'static str, f64> {
        BTreeMap::from([
            ("per_cpu_second", median(turns.iter().map(|(_, turn)| turn.per_cpu_second))),
            ("events_per_read", median(turns.iter().map(|(_, turn)| turn.events_per_read))),
            ("bytes_per_event", median(turns.iter().map(|(_, turn)| turn.bytes_per_event))),
            ("p50_ms", median(turns.iter().map(|(_, turn)| turn.p50_ms))),
            ("p99_ms", median(turns.iter().map(|(_, turn)| turn.p99_ms))),
        ])
    };
    for contender in contenders.iter().filter(|contender| !contender.turns.is_empty()) {
        for (figure, value) in figures(&contender.turns) {
            match figure {
                "per_cpu_second" if contender.name != OURS => {
                    row = row.peer(contender.name, value.round());
                }
                _ => row = row.detail(&format!("{}.{figure}", contender.name), value),
            }
        }
    }
    row = row
        .detail("ratio_min", ratios.iter().copied().fold(f64::INFINITY, f64::min))
        .detail("ratio_max", ratios.iter().copied().fold(0.0, f64::max));
    Ok(notes.into_iter().fold(row, Row::note))
}
