//! The command line: what can be typed, and the exit code it ends with.
//!
//! Exit codes: 0 done, 1 it failed, 2 the command line was wrong.

mod apply;
mod check_config;
mod connect;
mod demo;
mod export;
mod get;
mod import;
mod json;
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
    after_help = "Examples:\n  sluicegate demo\n  sluicegate apply -f orders.yaml\n  \
    sluicegate get subscriptions\n  \
    sluicegate connect shipping-orders --client python\n  \
    sluicegate check-config --config sluicegate.toml\n  sluicegate version"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything in this process, with a broker and events, to see it work
    Demo(demo::Arguments),
    /// Run the gateway
    Serve(serve::Arguments),
    /// Make the running server be as documents say
    Apply(apply::Arguments),
    /// Show resources of the running server
    Get(get::Arguments),
    /// Print a complete program or configuration for a client of a subscription
    Connect(connect::Arguments),
    /// Print an endpoint as a document of another language
    Export(export::Arguments),
    /// Make drafts of endpoints out of a document of another language
    Import(import::Arguments),
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
        Command::Demo(arguments) => demo::run(arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Apply(arguments) => apply::run(&arguments),
        Command::Get(arguments) => get::run(&arguments),
        Command::Connect(arguments) => connect::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
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
