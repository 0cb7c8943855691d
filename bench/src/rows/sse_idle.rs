//! `sse.idle`: user memory of the gateway per idle SSE connection: the proportional set size with
//! 10,000 connections minus that with one, after every connection has had a heartbeat.

use std::time::Duration;

use anyhow::Result;

use crate::load::Load;
use crate::process::{cpu_seconds, pss_bytes};
use crate::row::{Better, Row};
use crate::stand::Stand;

/// The benchmark.
pub const IDS: [&str; 1] = ["sse.idle"];

const CONNECTIONS: usize = 10_000;
const CONNECTIONS_QUICK: usize = 2_000;
const GOAL_KIB: f64 = 3.0;
/// The gateway's heartbeat is 15 s: after this long each connection has written one.
const SETTLE: Duration = Duration::from_secs(20);
const SETTLE_QUICK: Duration = Duration::from_secs(3);

/// Opens them and looks.
///
/// # Errors
/// When a connection is refused or lost.
pub async fn run(quick: bool) -> Result<Vec<Row>> {
    let (connections, settle) =
        if quick { (CONNECTIONS_QUICK, SETTLE_QUICK) } else { (CONNECTIONS, SETTLE) };
    let stand = Stand::start("idle").await?;
    // The first subscriber pays for the topic: its tail, its fetch loop, its metrics.
    let first = Load::open(stand.address()?, &stand.request(), 1)?;
    std::thread::sleep(Duration::from_secs(2));
    let pid = stand.pid()?;
    let before = pss_bytes(pid)?;
    let load = Load::open(stand.address()?, &stand.request(), connections)?;
    let cpu = cpu_seconds(pid)?;
    std::thread::sleep(settle);
    let cpu = (cpu_seconds(pid)? - cpu) / settle.as_secs_f64();
    let after = pss_bytes(pid)?;
    load.close()?;
    first.close()?;
    let per_connection = (after.saturating_sub(before)) as f64 / 1_024.0 / connections as f64;
    let what = format!("user memory (Pss) per idle SSE connection, {connections} connections");
    Ok(vec![
        Row::new("sse.idle", what, "KiB", Better::Lower, GOAL_KIB)
            .value(per_connection)
            .detail("connections", connections as f64)
            .detail("baseline_mib", before as f64 / 1_048_576.0)
            .detail("idle_cores", cpu),
    ])
}
