//! `sse.idle`, `ws.idle`, `tls.idle`: user memory of the gateway per idle connection: the
//! proportional set size with 10,000 connections minus that with one, after every connection has
//! had a heartbeat.

use std::time::Duration;

use anyhow::Result;
use tests::gateway::Options;

use crate::load::Load;
use crate::peer::Door;
use crate::process::{cpu_seconds, pss_bytes};
use crate::row::{Better, Row};
use crate::stand::{Stand, quiet};

/// The benchmarks.
pub const IDS: [&str; 3] = ["sse.idle", "ws.idle", "tls.idle"];

const CONNECTIONS: usize = 10_000;
const CONNECTIONS_QUICK: usize = 2_000;
/// The gateway's heartbeat is 15 s: after this long each connection has written one.
const SETTLE: Duration = Duration::from_secs(20);
const SETTLE_QUICK: Duration = Duration::from_secs(3);

/// One way to be connected.
struct Way {
    id: &'static str,
    what: &'static str,
    goal_kib: f64,
    door: Door,
    tls: bool,
}

const WAYS: [Way; 3] = [
    Way { id: IDS[0], what: "SSE connection", goal_kib: 3.0, door: Door::Sse, tls: false },
    Way { id: IDS[1], what: "WebSocket", goal_kib: 4.0, door: Door::Websocket, tls: false },
    Way { id: IDS[2], what: "SSE connection over TLS", goal_kib: 20.0, door: Door::Sse, tls: true },
];

/// Opens them and looks, each way with a gateway of its own.
///
/// # Errors
/// When a connection is refused or lost.
pub async fn run(quick: bool) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for way in &WAYS {
        rows.push(one(way, quick).await?);
    }
    Ok(rows)
}

async fn one(way: &Way, quick: bool) -> Result<Row> {
    let (connections, settle) =
        if quick { (CONNECTIONS_QUICK, SETTLE_QUICK) } else { (CONNECTIONS, SETTLE) };
    let topic = way.id.replace('.', "-");
    let stand = Stand::start_with(&topic, Options { tls: way.tls, ..quiet() }).await?;
    let (address, request, tls) = (stand.address()?, stand.request_for(way.door), stand.tls()?);
    let open = |count| Load::open_over(tls.as_ref(), address, &request, count);
    // The first subscriber pays for the topic: its tail, its fetch loop, its metrics.
    let first = open(1)?;
    std::thread::sleep(Duration::from_secs(2));
    let pid = stand.pid()?;
    let before = pss_bytes(pid)?;
    let load = open(connections)?;
    let cpu = cpu_seconds(pid)?;
    std::thread::sleep(settle);
    let cpu = (cpu_seconds(pid)? - cpu) / settle.as_secs_f64();
    let after = pss_bytes(pid)?;
    load.close()?;
    first.close()?;
    let per_connection = (after.saturating_sub(before)) as f64 / 1_024.0 / connections as f64;
    let what = format!("user memory (Pss) per idle {}, {connections} connections", way.what);
    Ok(Row::new(way.id, what, "KiB", Better::Lower, way.goal_kib)
        .value(per_connection)
        .detail("connections", connections as f64)
        .detail("baseline_mib", before as f64 / 1_048_576.0)
        .detail("idle_cores", cpu))
}
