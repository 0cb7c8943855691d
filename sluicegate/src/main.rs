//! The binary: a list of steps. What a command does is in `cli/`.

mod cli;
mod client;
mod compose;
mod config;
mod demo;
mod logging;
mod sinks;
mod traces;

/// Small steady allocations of many threads: measured lighter than the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::run()
}
