//! `sluicegate demo`: everything in one process, to see it work.

use crate::config::{Log, LogLevel};
use crate::demo::{self, Options};
use crate::logging;

#[derive(clap::Args)]
#[command(after_help = "It listens on loopback only, keeps its state in a temporary folder, and \
    removes that when it ends.")]
pub(super) struct Arguments {
    /// Use this cluster instead of the embedded broker: makes the topics `orders`, `payments` and
    /// `sensor-readings` there when they are missing, and writes made-up events to them
    #[arg(long, value_name = "HOST:PORT", value_parser = address)]
    kafka: Option<String>,
    /// Print one JSON object when ready, for scripts
    #[arg(long)]
    json: bool,
    /// Port of the doors [default: 8080, or any free one when that is taken]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
}

/// It becomes part of a YAML document, so only what addresses are made of may be in it.
fn address(text: &str) -> Result<String, String> {
    let legal =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    let port = text.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
    match port {
        Some(Ok(1..)) if text.chars().all(legal) => Ok(text.to_owned()),
        _ => Err("write host:port, such as localhost:9092".to_owned()),
    }
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    // Standard output is for what the demo says.
    // The embedded broker lacks what the gateway warns about; nobody can do anything about it.
    let level = match arguments.kafka {
        Some(_) => LogLevel::Warn,
        None => LogLevel::Error,
    };
    logging::start(&Log { level, ..Log::default() }, None);
    let options =
        Options { kafka: arguments.kafka.clone(), json: arguments.json, port: arguments.port };
    super::serve::runtime()?.block_on(demo::run(options))
}
