//! `sse.fanout`: deliveries per CPU-second of the server, 1,000 subscribers, 50 events of 256 bytes
//! a second, one event per write. All servers stand ready at the same time and take turns in rounds
//! of one run; in a server's turn nobody else has subscribers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::median;
use crate::load::{Latency, Load};
use crate::peer::{Server, centrifugo, nchan, roof};
use crate::process::cpu_seconds;
use crate::publish::{Publisher, Sink};
use crate::row::{Better, Row};
use crate::stand::Stand;

/// The benchmark.
pub const IDS: [&str; 1] = ["sse.fanout"];

const SUBSCRIBERS: usize = 1_000;
const EVENTS_PER_SECOND: u32 = 50;
const EVENT_BYTES: usize = 256;
/// Share of the roof that the gateway has to reach.
const GOAL: f64 = 0.90;
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

/// One server that takes turns.
struct Contender {
    name: &'static str,
    address: SocketAddr,
    request: String,
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

/// Runs all servers in turns.
///
/// # Errors
/// When the gateway or the roof fails; a peer that fails is named in the row's note.
pub async fn run(quick: bool) -> Result<Vec<Row>> {
    let stand = Stand::start("fanout").await?;
    let roof = roof::start(EVENTS_PER_SECOND, EVENT_BYTES)?;
    let (bootstrap, topic) = (stand.kafka.bootstrap(), "fanout-centrifugo");
    stand.kafka.create_topic(topic, 1).await?;
    let mut notes = Vec::new();
    let mut peers = Vec::new();
    for (name, peer) in [
        ("nchan", nchan::start(1)),
        ("nchan_2_workers", nchan::start(2)),
        ("centrifugo", centrifugo::start(&bootstrap, topic)),
    ] {
        match peer {
            Ok(server) => peers.push((name, server)),
            Err(error) => notes.push(format!("{name}: {error:#}")),
        }
    }
    let mut contenders = vec![
        contender("bare_epoll_loop", &roof, Feed::Own),
        Contender {
            name: "sluicegate",
            address: stand.address()?,
            request: stand.request(),
            pid: stand.pid()?,
            feed: Feed::Kafka {
                bootstrap: bootstrap.clone(),
                topic: stand.topic.clone(),
                header: None,
            },
            turns: Vec::new(),
        },
    ];
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
    let window = if quick { WINDOW_QUICK } else { WINDOW };
    for round in 1..=if quick { ROUNDS_QUICK } else { ROUNDS } {
        for contender in &mut contenders {
            match turn_of(contender, window) {
                Ok(turn) => contender.turns.push((round, turn)),
                Err(error) => notes.push(format!("{}, round {round}: {error:#}", contender.name)),
            }
        }
    }
    Ok(vec![row(&contenders, notes)?])
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
        pid: server.pid(),
        feed,
        turns: Vec::new(),
    }
}

/// Subscribers connect, events flow, a window is measured, everybody leaves.
fn turn(contender: &Contender, window: Duration) -> Result<Turn> {
    let load = Load::open(contender.address, &contender.request, SUBSCRIBERS)?;
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

fn row(contenders: &[Contender], notes: Vec<String>) -> Result<Row> {
    let turns = |name: &str| {
        let found = contenders.iter().find(|contender| contender.name == name);
        found.map(|contender| contender.turns.as_slice()).unwrap_or_default()
    };
    let ratios: Vec<f64> = turns("sluicegate")
        .iter()
        .filter_map(|(round, ours)| {
            let (_, roof) = turns("bare_epoll_loop").iter().find(|(of, _)| of == round)?;
            Some(ours.per_cpu_second / roof.per_cpu_second)
        })
        .collect();
    ensure!(!ratios.is_empty(), "no round was measured");
    let what = format!(
        "SSE deliveries per CPU-second ÷ those of a bare epoll loop; {SUBSCRIBERS} subscribers × \
         {EVENTS_PER_SECOND}/s × {EVENT_BYTES} B, from Kafka, auth and one masking policy on"
    );
    let mut row = Row::new("sse.fanout", what, "ratio", Better::Higher, GOAL)
        .value(median(ratios.iter().copied()));
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
                "per_cpu_second" if contender.name != "sluicegate" => {
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
