//! `sluicegate serve`: the gateway of one replica, until SIGTERM or SIGINT.

use std::path::PathBuf;

use anyhow::bail;
use tokio::signal::unix::{SignalKind, signal};

use crate::compose::{self, Parts};
use crate::config::Config;
use crate::logging;
use crate::traces::Traces;

#[derive(clap::Args)]
#[command(after_help = "Stops on SIGTERM or SIGINT: streams are told when to come back, and get \
    limits.drain_seconds to end.\n\
    Health and metrics are on metrics.listen: /livez, /readyz, /metrics.")]
pub(super) struct Arguments {
    /// The configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = Config::load(&arguments.config)?;
    let traces = config.tracing.otlp.as_ref().map(Traces::start).transpose()?;
    logging::start(&config.log, traces.as_ref().map(Traces::tracer));
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    let drain_seconds = config.limits.drain_seconds;
    let in_time = runtime()?.block_on(async {
        // Taken, so that it ends nothing: it is for those who write files.
        let _hangup = signal(SignalKind::hangup())?;
        let parts = Parts::open(config).await?;
        compose::start(parts, stopped()?).await
    })?;
    traces.into_iter().for_each(Traces::finish);
    if !in_time {
        bail!("some streams had not ended after {drain_seconds} s (limits.drain_seconds)");
    }
    Ok(())
}

/// The runtime of everything that serves.
pub(super) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// Resolves when the process is asked to stop.
pub(super) fn stopped() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
    })
}
