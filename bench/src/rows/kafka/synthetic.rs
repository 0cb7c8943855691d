//! `kafka.cpu.synthetic` and `kafka.latency.p99`: against a broker that costs next to nothing, so
//! that the machine's time is that of what stands before it. Endless replays of 1 MiB answers on
//! four connections; and tiny fetches on eight connections, one after the other.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tests::documents::Documents;
use tests::gateway::{Gateway, Options};

use crate::kafka::raw_client::{Ask, RawClient};
use crate::kafka::synthetic::{BULK, BULK_END, BULK_PARTITIONS, TINY};
use crate::peer::{Server, haproxy, upstream};
use crate::process::cpu_seconds;
use crate::row::{Better, Row};
use crate::rows::median;
use crate::stand::quiet;

/// The benchmarks.
pub const IDS: [&str; 2] = ["kafka.cpu.synthetic", "kafka.latency.p99"];

const ROUNDS: usize = 5;
const ROUNDS_QUICK: usize = 2;
const TURN: Duration = Duration::from_secs(4);
const TURN_QUICK: Duration = Duration::from_secs(2);
const CPU_GOAL: f64 = 6_000.0;
const P99_GOAL_MICROS: f64 = 170.0;
const ANSWER_BYTES: i32 = 1024 * 1024;
const TINY_CONNECTIONS: usize = 8;
const TINY_WARM_UP: usize = 200;

/// Broker, gateway and HAProxy.
struct Stand {
    upstream: Server,
    gateway: Gateway,
    haproxy: Result<Server>,
    door: String,
    login: (String, String),
}

/// Where clients connect.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Direct,
    Gateway,
    HaProxy,
}

const SIDES: [Side; 3] = [Side::Direct, Side::Gateway, Side::HaProxy];

/// One side's turns: MB/s, MB per CPU-second, and percentiles of tiny fetches.
#[derive(Default)]
struct Turns {
    bulk: Vec<(f64, f64)>,
    tiny: Vec<(f64, f64)>,
}

/// Runs both.
///
/// # Errors
/// When the gateway or the synthetic broker fails.
pub async fn run(quick: bool) -> Result<Vec<Row>> {
    let stand = Stand::start().await?;
    let (rounds, turn) = if quick { (ROUNDS_QUICK, TURN_QUICK) } else { (ROUNDS, TURN) };
    let mut all = [Turns::default(), Turns::default(), Turns::default()];
    for round in 0..rounds {
        for (side, turns) in SIDES.into_iter().zip(&mut all) {
            if side == Side::HaProxy && stand.haproxy.is_err() {
                continue;
            }
            turns.bulk.push(stand.bulk(side, turn, round)?);
        }
        for (side, turns) in SIDES.into_iter().zip(&mut all) {
            if side == Side::HaProxy && stand.haproxy.is_err() {
                continue;
            }
            turns.tiny.push(stand.tiny(side, turn / 2)?);
        }
    }
    let [direct, gateway, haproxy] = all;
    let rows = vec![cpu(&direct, &gateway, &haproxy), latency(&direct, &gateway, &haproxy)];
    Ok(match &stand.haproxy {
        Ok(_) => rows,
        Err(error) => rows.into_iter().map(|row| row.note(format!("haproxy: {error:#}"))).collect(),
    })
}

fn cpu(direct: &Turns, gateway: &Turns, haproxy: &Turns) -> Row {
    let per_cpu = |turns: &Turns| median(turns.bulk.iter().map(|(_, per_cpu)| *per_cpu));
    let wall = |turns: &Turns| median(turns.bulk.iter().map(|(wall, _)| *wall));
    let what = format!(
        "MB per CPU-second of the gateway: replays of 1 MiB answers on {BULK_PARTITIONS} \
         connections, synthetic broker, nothing read twice"
    );
    let row = Row::new("kafka.cpu.synthetic", what, "MB/CPU-s", Better::Higher, CPU_GOAL)
        .value(per_cpu(gateway))
        .detail("mb_per_second.direct", wall(direct))
        .detail("mb_per_second.sluicegate", wall(gateway));
    if haproxy.bulk.is_empty() {
        return row;
    }
    row.peer("haproxy", per_cpu(haproxy)).detail("mb_per_second.haproxy", wall(haproxy))
}

fn latency(direct: &Turns, gateway: &Turns, haproxy: &Turns) -> Row {
    let added = |turns: &Turns, of: fn(&(f64, f64)) -> f64| {
        median(turns.tiny.iter().zip(&direct.tiny).map(|(ours, base)| of(ours) - of(base)))
    };
    let what = format!(
        "µs added at p99 to fetches of one small record, {TINY_CONNECTIONS} connections, each one \
         after the other, synthetic broker"
    );
    let row = Row::new("kafka.latency.p99", what, "µs", Better::Lower, P99_GOAL_MICROS)
        .value(added(gateway, |(_, p99)| *p99))
        .detail("added_p50", added(gateway, |(p50, _)| *p50))
        .detail("direct_p50", median(direct.tiny.iter().map(|(p50, _)| *p50)))
        .detail("direct_p99", median(direct.tiny.iter().map(|(_, p99)| *p99)));
    if haproxy.tiny.is_empty() {
        return row;
    }
    row.peer("haproxy", added(haproxy, |(_, p99)| *p99))
        .detail("haproxy_added_p50", added(haproxy, |(p50, _)| *p50))
}

impl Stand {
    async fn start() -> Result<Self> {
        let free =
            || Ok::<_, anyhow::Error>(SocketAddr::from(([127, 0, 0, 1], tests::ports::free()?)));
        let address = free()?;
        let upstream = upstream::start(address)?;
        let door = free()?.to_string();
        let toml = format!("[kafka]\nlisten = \"{door}\"\ncluster = \"synthetic\"\n");
        let gateway = Gateway::start_with(Options { toml, ..quiet() }).await?;
        let mut documents = Documents::new()
            .cluster("synthetic", &address.to_string())
            .document("Application", "bench", "{}")
            .document("Credential", "bench-1", "{application: bench}");
        for topic in [BULK, TINY] {
            let subscription = format!("{{application: bench, endpoint: {topic}, plan: {topic}}}");
            documents = documents.endpoint("synthetic", topic).plan(topic, topic, &[]).document(
                "Subscription",
                &format!("bench-{topic}"),
                &subscription,
            );
        }
        let applied = gateway.apply(documents.yaml()).await?;
        let secret = applied.secret("bench")?;
        let login = (secret.credential.clone(), secret.secret.clone());
        let haproxy = haproxy::start(free()?.port(), &address.to_string());
        Ok(Self { upstream, gateway, haproxy, door, login })
    }

    fn connect(&self, side: Side) -> Result<RawClient> {
        match side {
            Side::Direct => RawClient::connect(&self.upstream.address.to_string(), None),
            Side::Gateway => RawClient::connect(&self.door, Some((&self.login.0, &self.login.1))),
            Side::HaProxy => {
                let server = self.haproxy.as_ref().ok().context("no HAProxy")?;
                RawClient::connect(&server.address.to_string(), None)
            }
        }
    }

    fn pid(&self, side: Side) -> Result<u32> {
        match (side, &self.haproxy) {
            (Side::Direct, _) => Ok(self.upstream.pid()),
            (Side::Gateway, _) => self.gateway.pid(),
            (Side::HaProxy, Ok(server)) => Ok(server.pid()),
            (Side::HaProxy, Err(_)) => anyhow::bail!("no HAProxy"),
        }
    }

    /// MB/s and MB per CPU-second of what is connected to. Each round begins elsewhere in the log:
    /// nothing is read twice.
    fn bulk(&self, side: Side, window: Duration, round: usize) -> Result<(f64, f64)> {
        // Further apart than any turn reads.
        let apart = BULK_END / 64;
        let from = apart * (i64::try_from(round)? + 1);
        let pid = self.pid(side)?;
        let (began, cpu) = (Instant::now(), cpu_seconds(pid)?);
        let read = |partition: i32| -> Result<usize> {
            let mut client = self.connect(side)?;
            let (mut offset, mut bytes) = (from, 0);
            while began.elapsed() < window {
                let ask =
                    Ask { topic: BULK, partition, offset, bytes_max: ANSWER_BYTES, wait_ms: 500 };
                let fetched = client.fetch(&ask)?;
                bytes += fetched.bytes;
                ensure!(fetched.next >= offset, "the log goes back");
                offset = fetched.next;
            }
            ensure!(offset > from, "nothing came");
            Ok(bytes)
        };
        let bytes = in_threads((0..BULK_PARTITIONS).map(|partition| move || read(partition)))?;
        let mb = bytes.iter().sum::<usize>() as f64 / 1e6;
        let took = began.elapsed().as_secs_f64();
        Ok((mb / took, mb / (cpu_seconds(pid)? - cpu).max(0.01)))
    }

    /// p50 and p99 of tiny fetches, in microseconds.
    fn tiny(&self, side: Side, window: Duration) -> Result<(f64, f64)> {
        let one = || -> Result<Vec<u64>> {
            let mut client = self.connect(side)?;
            let ask = Ask { topic: TINY, partition: 0, offset: 0, bytes_max: 1, wait_ms: 500 };
            for _ in 0..TINY_WARM_UP {
                client.fetch(&ask)?;
            }
            let began = Instant::now();
            let mut took = Vec::new();
            while began.elapsed() < window {
                let sent = Instant::now();
                ensure!(client.fetch(&ask)?.next == 1, "no record came");
                took.push(u64::try_from(sent.elapsed().as_nanos())?);
            }
            Ok(took)
        };
        let mut all = in_threads((0..TINY_CONNECTIONS).map(|_| one))?.concat();
        all.sort_unstable();
        let at = |share: f64| all.get((all.len() as f64 * share) as usize).copied();
        let micros = |nanos: Option<u64>| nanos.map(|nanos| nanos as f64 / 1e3);
        let (p50, p99) = (micros(at(0.50)), micros(at(0.99)));
        Ok((p50.context("no fetch")?, p99.context("no fetch")?))
    }
}

/// Runs each in a thread of its own.
fn in_threads<T: Send, F: FnOnce() -> Result<T> + Send>(
    works: impl Iterator<Item = F>,
) -> Result<Vec<T>> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = works.map(|work| scope.spawn(work)).collect();
        let ended = threads.into_iter().map(|thread| match thread.join() {
            Ok(result) => result,
            Err(_) => Err(anyhow::anyhow!("a client ended badly")),
        });
        ended.collect()
    })
}
