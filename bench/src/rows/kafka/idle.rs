//! `kafka.idle`: user memory of the gateway per idle connection over TLS that has logged in: the
//! proportional set size with 10,000 of them minus that with one hundred.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustls_pki_types::ServerName;
use tests::documents::Documents;
use tests::gateway::{Gateway, Options};
use tests::kafka::wire;
use tests::tls::{Authority, Identity, client_config};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::process::{cpu_seconds, pss_bytes};
use crate::row::{Better, Row};
use crate::stand::{enough_files, quiet};

/// The benchmark.
pub const IDS: [&str; 1] = ["kafka.idle"];

const CONNECTIONS: usize = 10_000;
const CONNECTIONS_QUICK: usize = 1_000;
/// Connections before the first look: what is paid once is not counted.
const BEFORE: usize = 100;
const GOAL_KIB: f64 = 20.0;
/// Connections that are being opened at the same time.
const OPENING: usize = 32;
const SETTLE: Duration = Duration::from_secs(10);
const SETTLE_QUICK: Duration = Duration::from_secs(2);

/// Opens them and looks.
///
/// # Errors
/// When a connection is refused.
pub async fn run(quick: bool) -> Result<Vec<Row>> {
    let (connections, settle) =
        if quick { (CONNECTIONS_QUICK, SETTLE_QUICK) } else { (CONNECTIONS, SETTLE) };
    enough_files()?;
    let authority = Authority::new()?;
    let folder = tempfile::tempdir()?;
    let door = format!("127.0.0.1:{}", tests::ports::free()?);
    let gateway = gateway(&authority, folder.path(), &door).await?;
    // Nobody asks for anything after the login: the cluster need not exist.
    let documents = Documents::new()
        .cluster("real", "127.0.0.1:1")
        .document("Application", "idle", "{}")
        .document("Credential", "idle-1", "{application: idle}");
    let applied = gateway.apply(documents.yaml()).await?;
    let secret = applied.secret("idle")?;
    let login = Arc::new((secret.credential.clone(), secret.secret.clone()));
    let connector = TlsConnector::from(client_config(authority.ca(), None)?);
    let first = open((&connector, &door), &login, BEFORE).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let pid = gateway.pid()?;
    let before = pss_bytes(pid)?;
    let crowd = open((&connector, &door), &login, connections).await?;
    let cpu = cpu_seconds(pid)?;
    tokio::time::sleep(settle).await;
    let cpu = (cpu_seconds(pid)? - cpu) / settle.as_secs_f64();
    let after = pss_bytes(pid)?;
    let open = gateway.metrics().await?.sum("sluicegate_kafka_connections", &[]);
    let held = (first.len() + crowd.len()) as f64;
    ensure!(open >= held, "only {open} of {held} connections are open");
    let each = after.saturating_sub(before) as f64 / 1_024.0 / connections as f64;
    let what = format!("user memory (Pss) per idle Kafka connection, TLS, {connections} of them");
    Ok(vec![
        Row::new("kafka.idle", what, "KiB", Better::Lower, GOAL_KIB)
            .value(each)
            .detail("connections", connections as f64)
            .detail("baseline_mib", before as f64 / 1_048_576.0)
            .detail("idle_cores", cpu),
    ])
}

async fn gateway(authority: &Authority, folder: &std::path::Path, door: &str) -> Result<Gateway> {
    let Identity { certificate, key } = authority.server()?;
    let path = |name: &str| folder.join(name).display().to_string();
    std::fs::write(folder.join("tls.crt"), certificate)?;
    std::fs::write(folder.join("tls.key"), key)?;
    let toml = format!(
        "[kafka]\nlisten = \"{door}\"\ncluster = \"real\"\n\
         tls = {{ certificate = \"{}\", key = \"{}\" }}\n",
        path("tls.crt"),
        path("tls.key")
    );
    Gateway::start_with(Options { toml, ..quiet() }).await
}

async fn open(
    (connector, door): (&TlsConnector, &str),
    login: &Arc<(String, String)>,
    count: usize,
) -> Result<Vec<TlsStream<TcpStream>>> {
    let mut opening = JoinSet::new();
    let mut opened = Vec::with_capacity(count);
    for started in 0..count {
        if started >= OPENING {
            opened.push(opening.join_next().await.context("nobody is opening")???);
        }
        let (connector, door, login) = (connector.clone(), door.to_owned(), Arc::clone(login));
        opening.spawn(async move { one(&connector, &door, &login).await });
    }
    while let Some(stream) = opening.join_next().await {
        opened.push(stream??);
    }
    Ok(opened)
}

async fn one(
    connector: &TlsConnector,
    door: &str,
    login: &(String, String),
) -> Result<TlsStream<TcpStream>> {
    let socket = TcpStream::connect(door).await?;
    let name = ServerName::try_from("localhost")?;
    let mut stream = connector.connect(name, socket).await?;
    ensure!(wire::log_in(&mut stream, &login.0, &login.1).await?, "not let in");
    Ok(stream)
}
