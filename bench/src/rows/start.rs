//! `start.accept` and `rest.rss`: how long the process needs from being executed to its first
//! accepted connection, and what it holds when nobody has asked for anything; both with 100
//! endpoints and 1,000 subscriptions in its store.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tests::documents::Documents;
use tests::gateway::{Gateway, binary};
use tests::kafka::KafkaCluster;
use tests::process::Process;

use super::median;
use crate::process::rss_bytes;
use crate::row::{Better, Row};
use crate::stand::quiet;

/// The benchmarks.
pub const IDS: [&str; 2] = ["start.accept", "rest.rss"];

const ENDPOINTS: usize = 100;
const SUBSCRIPTIONS: usize = 1_000;
const STARTS: usize = 21;
const STARTS_QUICK: usize = 3;
const ACCEPT_GOAL_MS: f64 = 50.0;
const RSS_GOAL_MIB: f64 = 30.0;
/// Between two tries to connect: far below what is measured.
const TRY_EVERY: Duration = Duration::from_micros(200);
const START_WAIT: Duration = Duration::from_secs(20);
/// After the start, until memory is looked at.
const REST: Duration = Duration::from_secs(5);

/// Starts the process often.
///
/// # Errors
/// When it does not start.
pub async fn run(quick: bool) -> Result<Vec<Row>> {
    let kafka = KafkaCluster::shared().await?;
    let gateway = Gateway::start_with(quiet()).await?;
    gateway.apply(catalog(&kafka.bootstrap()).yaml()).await?;
    gateway.sigterm().await?;
    let address: SocketAddr = gateway.address().parse()?;
    let mut starts = Vec::new();
    for _ in 0..if quick { STARTS_QUICK } else { STARTS } {
        starts.push(start(&gateway, address)?.1);
    }
    let (running, _) = start(&gateway, address)?;
    std::thread::sleep(REST);
    let rss = rss_bytes(running.id())? as f64 / 1_048_576.0;
    drop(running);
    let catalog = format!("{ENDPOINTS} endpoints and {SUBSCRIPTIONS} subscriptions");
    Ok(vec![
        Row::new(
            "start.accept",
            format!("from exec to the first accepted connection, {catalog}; median of starts"),
            "ms",
            Better::Lower,
            ACCEPT_GOAL_MS,
        )
        .value(median(starts.iter().map(|(accepted, _)| *accepted)))
        .detail("answered_ms", median(starts.iter().map(|(_, answered)| *answered)))
        .detail("max_ms", starts.iter().map(|(accepted, _)| *accepted).fold(0.0, f64::max)),
        Row::new(
            "rest.rss",
            format!("resident memory {} s after the start, {catalog}", REST.as_secs()),
            "MiB",
            Better::Lower,
            RSS_GOAL_MIB,
        )
        .value(rss),
    ])
}

/// Executes the binary; milliseconds until a connection is accepted, and until it is answered.
fn start(gateway: &Gateway, address: SocketAddr) -> Result<(Process, (f64, f64))> {
    let mut command = Command::new(binary());
    command
        .args(["serve", "--config"])
        .arg(gateway.folder().join("sluicegate.toml"))
        .current_dir(gateway.folder());
    let begin = Instant::now();
    let mut process = Process::spawn(command, &gateway.log_path(), None)?;
    let mut socket = loop {
        if let Ok(socket) = TcpStream::connect(address) {
            break socket;
        }
        if let Some(status) = process.ended() {
            bail!("it ended with {status}: {}", process.output());
        }
        if begin.elapsed() > START_WAIT {
            bail!("no connection accepted within {START_WAIT:?}");
        }
        std::thread::sleep(TRY_EVERY);
    };
    let accepted = begin.elapsed();
    socket.set_read_timeout(Some(START_WAIT))?;
    socket.write_all(b"GET /v1/endpoints/none/events HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
    let mut byte = [0];
    socket.read_exact(&mut byte).context("the first connection was not answered")?;
    let ms = |duration: Duration| duration.as_secs_f64() * 1_000.0;
    Ok((process, (ms(accepted), ms(begin.elapsed()))))
}

fn catalog(bootstrap: &str) -> Documents {
    let mut documents = Documents::new()
        .cluster("real", bootstrap)
        .policy("masked", "[{mask: {path: \"$.card\", keepLast: 4}}]");
    for index in 0..ENDPOINTS {
        let endpoint = format!("topic-{index}");
        documents = documents.endpoint("real", &endpoint).plan(
            &format!("{endpoint}-plan"),
            &endpoint,
            &["masked"],
        );
    }
    for index in 0..SUBSCRIPTIONS {
        let endpoint = format!("topic-{}", index % ENDPOINTS);
        let plan = format!("{endpoint}-plan");
        documents = documents.subscriber(&format!("app-{index}"), &endpoint, &plan);
    }
    documents
}
