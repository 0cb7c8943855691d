//! The command line: which benchmarks to run, and this program's other role as the roof.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::{Parser, Subcommand};

use crate::kafka::synthetic;
use crate::row::{self, Better, Row};
use crate::{roof, rows};

/// Benchmarks of Sluicegate, side by side with peers.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// Only these benchmarks, by id, separated by commas; `kafka.*` for all that begin so. The file
    /// keeps the other rows.
    #[arg(long, value_delimiter = ',', value_name = "ID")]
    only: Vec<String>,
    /// Short rounds: to see that everything runs, not to quote.
    #[arg(long)]
    quick: bool,
    /// Where the rows go; default `bench/results/latest.json`.
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Runs as the reference program: a bare epoll loop that writes events to its subscribers.
    Roof {
        /// Where to listen.
        #[arg(long)]
        listen: SocketAddr,
        /// Events to each subscriber.
        #[arg(long)]
        events_per_second: u32,
        /// Bytes of an event's data.
        #[arg(long)]
        event_bytes: usize,
        /// In frames of a WebSocket, not as Server-Sent Events.
        #[arg(long)]
        websocket: bool,
    },
    /// Runs as the synthetic broker of the Kafka benchmarks.
    Upstream {
        /// Where to listen.
        #[arg(long)]
        listen: SocketAddr,
    },
}

type Rows = Pin<Box<dyn Future<Output = Result<Vec<Row>>>>>;

/// A driver: the rows it answers, how long it may take, how it runs.
struct Driver {
    ids: &'static [&'static str],
    minutes_max: u64,
    run: fn(bool) -> Rows,
}

/// In the order in which they run and are written.
const DRIVERS: [Driver; 20] = [
    Driver {
        ids: &rows::json::IDS,
        minutes_max: 3,
        run: |quick| Box::pin(async move { rows::json::run(quick) }),
    },
    Driver {
        ids: &rows::fanout::SSE_IDS,
        minutes_max: 30,
        run: |quick| Box::pin(rows::fanout::sse(quick)),
    },
    Driver {
        ids: &rows::fanout::WEBSOCKET_IDS,
        minutes_max: 30,
        run: |quick| Box::pin(rows::fanout::websocket(quick)),
    },
    Driver {
        ids: &rows::fanout::TLS_IDS,
        minutes_max: 8,
        run: |quick| Box::pin(rows::fanout::tls(quick)),
    },
    Driver {
        ids: &rows::saturated::IDS,
        minutes_max: 5,
        run: |quick| Box::pin(rows::saturated::run(quick)),
    },
    Driver {
        ids: &rows::image_sharing::IDS,
        minutes_max: 5,
        run: |quick| Box::pin(rows::image_sharing::run(quick)),
    },
    Driver {
        ids: &rows::broker_bytes::IDS,
        minutes_max: 5,
        run: |quick| Box::pin(rows::broker_bytes::run(quick)),
    },
    Driver {
        ids: &rows::idle::IDS,
        minutes_max: 10,
        run: |quick| Box::pin(rows::idle::run(quick)),
    },
    Driver {
        ids: &rows::start::IDS,
        minutes_max: 5,
        run: |quick| Box::pin(rows::start::run(quick)),
    },
    Driver {
        ids: &rows::catalog::inside::IDS,
        minutes_max: 10,
        run: |quick| Box::pin(rows::catalog::inside::run(quick)),
    },
    Driver {
        ids: &rows::catalog::outside::IDS,
        minutes_max: 10,
        run: |quick| Box::pin(rows::catalog::outside::run(quick)),
    },
    Driver {
        ids: &rows::catalog::commands::IDS,
        minutes_max: 5,
        run: |quick| Box::pin(rows::catalog::commands::run(quick)),
    },
    Driver {
        ids: &rows::change_live::IDS,
        minutes_max: 10,
        run: |quick| Box::pin(rows::change_live::run(quick)),
    },
    Driver {
        ids: &rows::kafka::consume::PLAIN_IDS,
        minutes_max: 8,
        run: |quick| Box::pin(rows::kafka::consume::plain(quick)),
    },
    Driver {
        ids: &rows::kafka::consume::LZ4_IDS,
        minutes_max: 8,
        run: |quick| Box::pin(rows::kafka::consume::lz4(quick)),
    },
    Driver {
        ids: &rows::kafka::live::IDS,
        minutes_max: 8,
        run: |quick| Box::pin(rows::kafka::live::run(quick)),
    },
    Driver {
        ids: &rows::kafka::sharing::IDS,
        minutes_max: 4,
        run: |quick| Box::pin(rows::kafka::sharing::run(quick)),
    },
    Driver {
        ids: &rows::kafka::produce::IDS,
        minutes_max: 4,
        run: |quick| Box::pin(rows::kafka::produce::run(quick)),
    },
    Driver {
        ids: &rows::kafka::synthetic::IDS,
        minutes_max: 4,
        run: |quick| Box::pin(rows::kafka::synthetic::run(quick)),
    },
    Driver {
        ids: &rows::kafka::idle::IDS,
        minutes_max: 3,
        run: |quick| Box::pin(rows::kafka::idle::run(quick)),
    },
];

/// Does what the command line says.
///
/// # Errors
/// When the arguments name no benchmark, or the rows cannot be written.
pub fn run() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    match arguments.role {
        Some(Role::Roof { listen, events_per_second, event_bytes, websocket }) => {
            roof::run(listen, (events_per_second, event_bytes), websocket)?;
            return Ok(ExitCode::SUCCESS);
        }
        Some(Role::Upstream { listen }) => {
            synthetic::run(listen)?;
            return Ok(ExitCode::SUCCESS);
        }
        None => {}
    }
    let ids: Vec<&str> = DRIVERS.iter().flat_map(|driver| driver.ids).copied().collect();
    for id in &arguments.only {
        let known = ids.iter().any(|known| means(id, known));
        ensure!(known, "no benchmark {id}: there are {}", ids.join(", "));
    }
    let path = arguments.results.clone();
    let path = path.unwrap_or_else(|| tests::repository().join("bench/results/latest.json"));
    let rows = run_all(&arguments)?;
    row::print(&rows);
    row::merge(&path, &ids, &rows)?;
    println!("\nwritten to {}", path.display());
    let failed = rows.iter().any(|row| row.value.is_none());
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn run_all(arguments: &Arguments) -> Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let wanted =
        |id: &str| arguments.only.is_empty() || arguments.only.iter().any(|only| means(only, id));
    let mut rows = Vec::new();
    for driver in DRIVERS.iter().filter(|driver| driver.ids.iter().any(|id| wanted(id))) {
        println!("running {} …", driver.ids.join(", "));
        let limit = Duration::from_secs(60 * driver.minutes_max);
        let run = (driver.run)(arguments.quick);
        let outcome = runtime.block_on(async { tokio::time::timeout(limit, run).await });
        match outcome.unwrap_or_else(|_| Err(anyhow::anyhow!("took more than {limit:?}"))) {
            Ok(done) => rows.extend(done.into_iter().filter(|row| wanted(&row.id))),
            Err(error) => {
                let failed = driver.ids.iter().filter(|id| wanted(id));
                rows.extend(failed.map(|id| not_run(id, &error)));
            }
        }
        if arguments.quick {
            rows.iter_mut().for_each(|row| *row = row.clone().quick());
        }
    }
    runtime.shutdown_background();
    Ok(rows)
}

/// Whether a name on the command line means a benchmark; `kafka.*`: all that begin so.
fn means(only: &str, id: &str) -> bool {
    match only.strip_suffix('*') {
        Some(start) => id.starts_with(start),
        None => only == id,
    }
}

/// A benchmark that could not run has a row too: missing figures must not look like old ones.
fn not_run(id: &str, error: &anyhow::Error) -> Row {
    Row::new(id, "could not run", "", Better::Lower, 0.0).note(format!("{error:#}"))
}
