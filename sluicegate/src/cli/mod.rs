//! The command line: what can be typed, and the exit code it ends with.
//!
//! Exit codes: 0 done, 1 it failed, 2 the command line was wrong; `diff` has its own.

mod apply;
mod audit;
mod backup;
mod check_config;
mod completion;
mod connect;
mod delete;
mod demo;
mod describe;
mod diff;
mod discover;
mod export;
mod file;
mod get;
mod health;
mod import;
mod init;
mod json;
mod login;
mod message;
mod moves;
mod policy;
mod schema;
mod search;
mod serve;
mod subscribe;
mod validate;
mod version;
mod wait;

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
    /// Make the first administrator of a new catalog
    Init(init::Arguments),
    /// Write a copy of everything that a store holds
    Backup(backup::Backup),
    /// Fill an empty store from a copy
    Restore(backup::Restore),
    /// Sign in to a server, and keep it as a context
    Login(login::Arguments),
    /// End the token of a context, and forget the context
    Logout(login::Logout),
    /// Show who one is for the server
    Whoami(login::Whoami),
    /// Show and choose the servers that one is signed in to
    Context(login::ContextArguments),
    /// Make the running server be as documents say
    Apply(apply::Arguments),
    /// Show what applying documents would change
    Diff(diff::Arguments),
    /// Look at documents without a server
    Validate(validate::Arguments),
    /// Show resources of the running server
    Get(get::Arguments),
    /// Find endpoints by what one remembers of them
    Search(search::Arguments),
    /// Show the topics of a cluster, draft endpoints of them, and find what has gone apart
    Discover(discover::Arguments),
    /// Show a resource, what refers to it, and what happened to it lately
    Describe(describe::Arguments),
    /// Delete resources that nothing refers to
    Delete(delete::Arguments),
    /// Wait until a resource is as it should be
    Wait(wait::Arguments),
    /// Ask for a subscription of an application to an endpoint
    Subscribe(subscribe::Arguments),
    /// Replace a secret by a new one, both working for a while
    Rotate(subscribe::Rotation),
    /// Grant a subscription that waits for its owner
    Approve(moves::OfSubscription),
    /// Refuse a subscription that waits for its owner
    Reject(moves::OfSubscription),
    /// Stop a subscription for now
    Suspend(moves::OfSubscription),
    /// Let a suspended subscription read again
    Resume(moves::OfSubscription),
    /// Confirm that a subscription is still needed
    Recertify(moves::OfSubscription),
    /// Ask again for a subscription that was rejected or has expired
    Renew(moves::OfSubscription),
    /// End a subscription, or a credential, for ever
    Revoke(moves::Revocation),
    /// End all tickets for web pages that were made by a credential
    EndTickets(moves::OfCredential),
    /// Offer an endpoint
    Publish(moves::OfEndpoint),
    /// Take back an endpoint that nobody has subscribed to
    Withdraw(moves::OfEndpoint),
    /// Go on serving an endpoint, and offer it no longer
    Deprecate(moves::Deprecation),
    /// End an endpoint
    Retire(moves::OfEndpoint),
    /// Write to the subscribers of an endpoint
    Message(message::Arguments),
    /// Show, publish and roll back the versions of a policy
    Policy(policy::Arguments),
    /// Read and verify who did what
    Audit(audit::Arguments),
    /// Print a complete program or configuration for a client of a subscription
    Connect(connect::Arguments),
    /// Print everything as documents, or an endpoint as a document of another language
    Export(export::Arguments),
    /// Make drafts of endpoints out of a document of another language
    Import(import::Arguments),
    /// Read a configuration file, say what is wrong with it, open nothing
    CheckConfig(check_config::Arguments),
    /// Ask the server of a configuration whether it is well
    Health(health::Arguments),
    /// Print the JSON Schema of documents, for editors
    Schema(schema::Arguments),
    /// Print a script that completes commands in a shell
    Completion(completion::Arguments),
    /// Print the version
    Version,
}

/// Runs what was typed.
pub fn run() -> ExitCode {
    // The first to come wins; there is no other.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match run_command(&Cli::parse().command) {
        Ok(code) => code,
        Err((error, code)) => {
            // Nothing is left to tell when even standard error is closed.
            let _ = writeln!(std::io::stderr(), "sluicegate: {error:#}");
            code
        }
    }
}

fn run_command(command: &Command) -> Result<ExitCode, (anyhow::Error, ExitCode)> {
    if let Command::Diff(arguments) = command {
        return diff::run(arguments).map_err(|error| (error, ExitCode::from(2)));
    }
    if let Command::Discover(arguments) = command {
        return discover::run(arguments);
    }
    let done = done(command);
    done.map(|()| ExitCode::SUCCESS).map_err(|error| (error, ExitCode::FAILURE))
}

fn done(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Demo(arguments) => demo::run(arguments),
        Command::Serve(arguments) => serve::run(arguments),
        Command::Init(asked) => init::run(asked),
        Command::Backup(asked) => backup::backup(asked),
        Command::Restore(asked) => backup::restore(asked),
        Command::Login(asked) => login::login(asked),
        Command::Logout(asked) => login::logout(asked),
        Command::Whoami(asked) => login::whoami(asked),
        Command::Context(asked) => login::context(asked),
        Command::Apply(arguments) => apply::run(arguments),
        Command::Diff(arguments) => diff::run(arguments).map(drop),
        Command::Validate(arguments) => validate::run(arguments),
        Command::Get(arguments) => get::run(arguments),
        Command::Search(arguments) => search::run(arguments),
        Command::Discover(arguments) => {
            discover::run(arguments).map(drop).map_err(|(error, _)| error)
        }
        Command::Describe(arguments) => describe::run(arguments),
        Command::Delete(arguments) => delete::run(arguments),
        Command::Wait(arguments) => wait::run(arguments),
        Command::Subscribe(asked) => subscribe::run(asked),
        Command::Rotate(asked) => subscribe::rotate(asked),
        Command::Approve(asked) => moves::subscription("approve", asked),
        Command::Reject(asked) => moves::subscription("reject", asked),
        Command::Suspend(asked) => moves::subscription("suspend", asked),
        Command::Resume(asked) => moves::subscription("resume", asked),
        Command::Recertify(asked) => moves::subscription("recertify", asked),
        Command::Renew(asked) => moves::subscription("renew", asked),
        Command::Revoke(asked) => moves::revoke(asked),
        Command::EndTickets(asked) => moves::end_tickets(asked),
        Command::Publish(asked) => moves::endpoint("publish", asked),
        Command::Withdraw(asked) => moves::endpoint("withdraw", asked),
        Command::Deprecate(asked) => moves::deprecate(asked),
        Command::Retire(asked) => moves::endpoint("retire", asked),
        Command::Message(arguments) => message::run(arguments),
        Command::Policy(arguments) => policy::run(arguments),
        Command::Audit(arguments) => audit::run(arguments),
        Command::Connect(arguments) => connect::run(arguments),
        Command::Export(arguments) => export::run(arguments),
        Command::Import(arguments) => import::run(arguments),
        Command::CheckConfig(arguments) => check_config::run(arguments),
        Command::Health(arguments) => health::run(arguments),
        Command::Schema(arguments) => schema::run(arguments),
        Command::Completion(arguments) => {
            completion::run(arguments);
            Ok(())
        }
        Command::Version => version::run(),
    }
}
