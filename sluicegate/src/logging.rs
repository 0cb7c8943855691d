//! How the process logs: to standard error, for people or for machines.

use opentelemetry_sdk::trace::SdkTracer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::config::{Log, LogFormat};
use crate::traces::TARGET;

/// Starts logging, and tracing where there is something to trace with. `RUST_LOG` overrides the
/// configured level.
pub fn start(log: &Log, tracer: Option<SdkTracer>) {
    let level = format!("{:?}", log.level).to_lowercase();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    // Spans for traces are no part of log lines.
    let filter = match format!("{TARGET}=off").parse() {
        Ok(off) => filter.add_directive(off),
        Err(_) => filter,
    };
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match log.format {
        LogFormat::Human => lines.with_ansi(false).with_filter(filter).boxed(),
        LogFormat::Json => lines.json().with_filter(filter).boxed(),
    };
    let spans = tracer.map(|tracer| {
        let only = Targets::new().with_target(TARGET, tracing::Level::INFO);
        let layer = tracing_opentelemetry::layer().with_tracer(tracer).with_location(false);
        layer.with_threads(false).with_filter(only)
    });
    // A second start, as in tests, keeps the first.
    let _ = tracing_subscriber::registry().with(lines).with(spans).try_init();
}
