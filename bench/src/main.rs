//! Benchmarks side by side with peers: prints a table and writes `results/latest.json`.
//!
//! What is measured and why it is fair: `README.md`.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "the table is what this program is for")]
#![allow(clippy::disallowed_methods, reason = "drivers wait in threads of their own")]
#![allow(clippy::unwrap_used, reason = "only tests do; the lint's own exception misses modules")]

mod cli;
mod corpus;
mod event;
mod kafka;
mod load;
mod peer;
mod process;
mod publish;
mod roof;
mod row;
mod rows;
mod stand;

/// The product's allocator: what is measured in this process is measured with it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<std::process::ExitCode> {
    cli::run()
}
