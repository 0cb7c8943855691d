//! The command line: what can be typed, and the exit code it ends with.
//!
//! Exit codes: 0 done, 1 it failed, 2 the command line was wrong.

mod check_config;
mod serve;
mod version;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "sluicegate",
    version,
    about = "Event endpoints for Kafka: described, granted, \
    limited and redacted per subscriber",
    after_help = "Examples:\n  \
    sluicegate check-config --config sluicegate.toml\n  sluicegate version"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the gateway
    Serve(serve::Arguments),
    /// Read a configuration file, say what is wrong with it, open nothing
    CheckConfig(check_config::Arguments),
    /// Print the version
    Version,
}

/// Runs what was typed.
pub fn run() -> ExitCode {
    // The first to come wins; there is no other.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let outcome = match Cli::parse().command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::CheckConfig(arguments) => check_config::run(&arguments),
        Command::Version => version::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to tell when even standard error is closed.
            let _ = writeln!(std::io::stderr(), "sluicegate: {error:#}");
            ExitCode::FAILURE
        }
    }
}
