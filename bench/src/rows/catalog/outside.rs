//! `start.large`, `api.p99`: the release binary on a large store.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tests::gateway::{Gateway, Options, binary};
use tests::http;
use tests::process::Process;

use super::world::{ENDPOINTS, World};
use super::{ms, percentile};
use crate::process::rss_bytes;
use crate::row::{Better, Row};
use crate::rows::median;
use crate::stand::quiet;

/// The benchmarks.
pub const IDS: [&str; 2] = ["start.large", "api.p99"];

const STARTS: usize = 5;
const REQUESTS: usize = 4_000;
/// Requests a second, each due at its own time.
const PER_SECOND: f64 = 200.0;
const START_WAIT: Duration = Duration::from_secs(60);
const TRY_EVERY: Duration = Duration::from_millis(2);
/// After the start, until the interface is asked: the index is made meanwhile.
const REST: Duration = Duration::from_secs(15);

/// Starts the process often, then asks it for lists and resources.
///
/// # Errors
/// When it does not start or answer.
pub async fn run(quick: bool) -> Result<Vec<Row>> {
    let world = World::make().await?;
    let options = Options { environment: world.environment(), ..quiet() };
    // Its broker is not there: it is alive, and never ready.
    let gateway = Gateway::launch(options).await?;
    gateway.sigterm().await?;
    let mut starts = Vec::new();
    for _ in 0..if quick { 1 } else { STARTS } {
        let (running, took) = start(&gateway, &world).await?;
        starts.push(took);
        drop(running);
    }
    let (running, _) = start(&gateway, &world).await?;
    tokio::time::sleep(REST).await;
    let rss = rss_bytes(running.id())? as f64 / 1_048_576.0;
    let what = "from exec to an answered request of the REST interface, 10,000 endpoints and \
                50,000 subscriptions; median of starts";
    let large = Row::new("start.large", what, "s", Better::Lower, 2.0)
        .value(median(starts) / 1_000.0)
        .detail("rss_mib", rss);
    let api = api(&gateway, if quick { REQUESTS / 10 } else { REQUESTS }).await?;
    drop(running);
    Ok(vec![large, api])
}

async fn start(gateway: &Gateway, world: &World) -> Result<(Process, f64)> {
    let mut command = Command::new(binary());
    command
        .args(["serve", "--config"])
        .arg(gateway.folder().join("sluicegate.toml"))
        .envs(world.environment())
        .current_dir(gateway.folder());
    let begin = Instant::now();
    let mut process = Process::spawn(command, &gateway.log_path(), None)?;
    loop {
        if let Ok(answer) = ask(gateway, "endpoints/endpoint-77").await
            && answer == 200
        {
            return Ok((process, ms(begin)));
        }
        if let Some(status) = process.ended() {
            bail!("it ended with {status}: {}", process.output());
        }
        if begin.elapsed() > START_WAIT {
            bail!("no request was answered within {START_WAIT:?}");
        }
        tokio::time::sleep(TRY_EVERY).await;
    }
}

async fn ask(gateway: &Gateway, path: &str) -> Result<u16> {
    let authorization = format!("Bearer {}", gateway.token());
    let headers = [("Authorization", authorization.as_str()), ("Connection", "close")];
    let request = http::request("GET", &format!("/api/v1/{path}"), &headers, b"");
    Ok(http::exchange(&gateway.address(), &request).await?.status())
}

/// Open loop: a request counts from when it was due.
async fn api(gateway: &Gateway, requests: usize) -> Result<Row> {
    let begin = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    let (address, token) = (gateway.address(), gateway.token().to_owned());
    for at in 0..requests {
        let due = begin + Duration::from_secs_f64(at as f64 / PER_SECOND);
        tokio::time::sleep_until(due.into()).await;
        let path = match at % 4 {
            0 => format!("endpoints?limit=20&cursor=endpoint-{}", at % ENDPOINTS),
            1 => format!("subscriptions/subscription-{}", at * 11),
            2 => format!("plans/plan-{}", at % ENDPOINTS),
            _ => format!("endpoints/endpoint-{}", at % ENDPOINTS),
        };
        let (address, authorization) = (address.clone(), format!("Bearer {token}"));
        running.spawn(async move {
            let headers = [("Authorization", authorization.as_str()), ("Connection", "close")];
            let request = http::request("GET", &format!("/api/v1/{path}"), &headers, b"");
            let answer = http::exchange(&address, &request).await?;
            anyhow::ensure!(answer.status() == 200, "{path}: {}", answer.text());
            Ok(ms(due))
        });
    }
    let mut took = Vec::new();
    while let Some(done) = running.join_next().await {
        took.push(done??);
    }
    let p50 = percentile(&mut took, 50);
    let what = "list and get at 200 requests a second, each on a new connection, due at its own \
                time; SQLite";
    Ok(Row::new("api.p99", what, "ms", Better::Lower, 20.0)
        .value(percentile(&mut took, 99))
        .detail("p50_ms", p50))
}
