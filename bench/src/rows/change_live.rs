//! `change.live`: from sending a change to its effect on an open connection, with 10,000 endpoints
//! in the snapshot. Two kinds in turn: a revoked credential (the connection is reset) and a
//! tightened policy (events are masked differently). The 99th percentile over both.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tests::documents::Documents;
use tests::gateway::Applied;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::median;
use crate::event::CARD;
use crate::publish::{Publisher, Sink};
use crate::row::{Better, Row};
use crate::stand::{POLICY, Stand};

/// The benchmark.
pub const IDS: [&str; 1] = ["change.live"];

const ENDPOINTS: usize = 10_000;
const ENDPOINTS_QUICK: usize = 1_000;
/// Endpoints of one apply: below the size limit of a request.
const ENDPOINTS_PER_APPLY: usize = 500;
const CHANGES: usize = 50;
const CHANGES_QUICK: usize = 5;
const GOAL_MS: f64 = 1_000.0;
/// Events that flow meanwhile: what a change of policy is seen in, every 5 ms.
const EVENTS_PER_SECOND: u32 = 200;
/// A change without effect is a failure after this.
const EFFECT_WAIT: Duration = Duration::from_secs(30);
const READ_BYTES: usize = 64 * 1024;

/// Fills the catalog, then changes it often.
///
/// # Errors
/// When a change has no effect.
pub async fn run(quick: bool) -> Result<Vec<Row>> {
    let (endpoints, changes) =
        if quick { (ENDPOINTS_QUICK, CHANGES_QUICK) } else { (ENDPOINTS, CHANGES) };
    let stand = Stand::start("change").await?;
    fill(&stand, endpoints).await?;
    let applied = subscribers(&stand, changes).await?;
    let sink = Sink::kafka(&stand.kafka.bootstrap(), &stand.topic, None)?;
    let publisher = Publisher::start(sink, EVENTS_PER_SECOND, 256);
    let mut revoked = Vec::new();
    for secret in &applied.secrets {
        revoked.push(revoke(&stand, &secret.secret, &secret.credential).await?);
    }
    let mut tightened = Vec::new();
    let mut reader = open(&stand, &stand.secret).await?;
    for change in 0..changes {
        tightened.push(tighten(&stand, &mut reader, 1 + change % 2).await?);
    }
    publisher.stop()?;
    let all: Vec<f64> = revoked.iter().chain(&tightened).copied().collect();
    let what = format!(
        "p99 from sending a change to its effect on an open connection, {endpoints} endpoints"
    );
    Ok(vec![
        Row::new("change.live", what, "ms", Better::Lower, GOAL_MS)
            .value(percentile(&all, 0.99))
            .detail("p50_ms", median(all.iter().copied()))
            .detail("revoked_p99_ms", percentile(&revoked, 0.99))
            .detail("tightened_p99_ms", percentile(&tightened, 0.99))
            .detail("changes", all.len() as f64),
    ])
}

/// Endpoints that nobody reads.
async fn fill(stand: &Stand, endpoints: usize) -> Result<()> {
    let names: Vec<String> = (0..endpoints).map(|index| format!("filler-{index}")).collect();
    for names in names.chunks(ENDPOINTS_PER_APPLY) {
        let documents = names.iter().fold(Documents::new(), |documents, name| {
            documents.endpoint("real", name).plan(&format!("{name}-plan"), name, &[POLICY])
        });
        stand.gateway.apply(documents.yaml()).await?;
    }
    Ok(())
}

/// Applications whose credentials will be revoked.
async fn subscribers(stand: &Stand, count: usize) -> Result<Applied> {
    let plan = format!("{}-plan", stand.topic);
    let documents = (0..count).fold(Documents::new(), |documents, index| {
        documents.subscriber(&format!("leaver-{index}"), &stand.topic, &plan)
    });
    stand.gateway.apply(documents.yaml()).await
}

/// Milliseconds from sending the revocation to the end of the application's open connection.
async fn revoke(stand: &Stand, secret: &str, credential: &str) -> Result<f64> {
    let mut reader = open(stand, secret).await?;
    let ended: JoinHandle<Instant> = tokio::spawn(async move {
        let mut buffer = vec![0; READ_BYTES];
        while reader.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
        Instant::now()
    });
    let start = Instant::now();
    stand.gateway.revoke(credential).await?;
    let ended = tokio::time::timeout(EFFECT_WAIT, ended).await;
    let ended = ended.context("a revoked credential keeps its connection")??;
    Ok((ended - start).as_secs_f64() * 1_000.0)
}

/// Milliseconds from sending the policy to the first event that is masked by it.
async fn tighten(stand: &Stand, reader: &mut TcpStream, keep_last: usize) -> Result<f64> {
    let rules = format!("[{{mask: {{path: \"$.card\", keepLast: {keep_last}}}}}]");
    let documents = Documents::new().policy(POLICY, &rules);
    let hidden = CARD.len() - keep_last;
    let masked = "*".repeat(hidden) + CARD.get(hidden..).unwrap_or_default();
    let wanted = format!("\"{masked}\"").into_bytes();
    let start = Instant::now();
    let effect = async {
        let mut seen = Vec::new();
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let count = reader.read(&mut buffer).await?;
            if count == 0 {
                bail!("a changed policy ended the connection");
            }
            seen.extend_from_slice(buffer.get(..count).unwrap_or_default());
            if seen.windows(wanted.len()).any(|window| window == wanted) {
                return Ok(Instant::now());
            }
            seen.drain(..seen.len().saturating_sub(wanted.len()));
        }
    };
    let effect = tokio::time::timeout(EFFECT_WAIT, effect);
    let (applied, effect) = tokio::join!(stand.gateway.apply(documents.yaml()), effect);
    applied?;
    let effect = effect.context("a changed policy has no effect on an open connection")??;
    Ok((effect - start).as_secs_f64() * 1_000.0)
}

/// An open stream: answered with 200.
async fn open(stand: &Stand, secret: &str) -> Result<TcpStream> {
    let request = stand.gateway.events(&stand.topic).bearer(secret).from("latest");
    let mut socket = TcpStream::connect(stand.address()?).await?;
    socket.write_all(&request.bytes()).await?;
    let mut status = [0; 12];
    tokio::time::timeout(EFFECT_WAIT, socket.read_exact(&mut status)).await??;
    match &status == b"HTTP/1.1 200" {
        true => Ok(socket),
        false => bail!("not opened: {}", String::from_utf8_lossy(&status)),
    }
}

fn percentile(figures: &[f64], share: f64) -> f64 {
    let mut figures = figures.to_vec();
    figures.sort_by(f64::total_cmp);
    let index = (figures.len() as f64 * share).ceil() as usize;
    figures.get(index.saturating_sub(1)).copied().unwrap_or_default()
}
