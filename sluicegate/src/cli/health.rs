//! `sluicegate health`: does the server of this configuration answer? For container engines and
//! supervisors where there is no other client.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::config::Config;

/// How long the server may take: engines ask every few seconds.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Bytes of an answer that are shown.
const ANSWER_BYTES_MAX: usize = 4_096;

#[derive(clap::Args)]
#[command(after_help = "Exits with 0 when /livez (with --ready: /readyz) of metrics.listen \
    answers 200, and with 1 otherwise.")]
pub(super) struct Arguments {
    /// The server's configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Ask whether everything that is published can be served, too
    #[arg(long)]
    ready: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = Config::load(&arguments.config)?;
    let path = if arguments.ready { "readyz" } else { "livez" };
    let url = format!("http://{}/{path}", reached(config.metrics.listen));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build()?;
        let answer = client.get(&url).send().await;
        let answer = answer.with_context(|| format!("{url} does not answer"))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let text = answer.text().await.unwrap_or_default();
        let text: String = text.chars().take(ANSWER_BYTES_MAX).collect();
        bail!("{url} answers {status}: {}", text.trim())
    })
}

/// An address that stands for all of a machine's is reached at its loopback.
fn reached(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
