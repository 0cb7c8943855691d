//! `sluicegate login`, `logout`, `whoami`, `context`: which server, and who asks.

use std::io::{IsTerminal, Read, Write};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use serde_json::{Value, json};

use super::json::{list, text};
use crate::client::contexts::{Context, Contexts};
use crate::client::{Client, Server};

/// Bytes of a password or a token that are read.
const SECRET_BYTES_MAX: u64 = 4096;
/// For how long a token works that `login` makes.
const TOKEN_DAYS_DEFAULT: u32 = 30;

#[derive(clap::Args)]
#[command(
    after_help = "The password is read from the terminal, or from standard input. It is not \
    kept: an API token is made with it, and kept in a file that only you can read.\n\
    Whoever signs in by an identity provider makes a token in the portal and uses --token.\n\n\
    Examples:\n  sluicegate login --url https://events.example.org anna\n  \
    sluicegate login --token < token.txt"
)]
pub(super) struct Arguments {
    /// The user's name; not needed with --token
    #[arg(required_unless_present = "token")]
    user: Option<String>,
    /// Read an API token from standard input instead of a password
    #[arg(long)]
    token: bool,
    /// What the server is called from now on
    #[arg(long, default_value = "default", value_name = "NAME")]
    context: String,
    /// For how many days the token works
    #[arg(long, default_value_t = TOKEN_DAYS_DEFAULT)]
    days: u32,
    #[command(flatten)]
    server: Server,
}

pub(super) fn login(asked: &Arguments) -> anyhow::Result<()> {
    let client = Client::new(&asked.server)?;
    let token = match &asked.user {
        Some(user) if !asked.token => made(&client, user, asked.days)?,
        _ => secret("API token")?,
    };
    let url = client.url().to_owned();
    let who = client.with_token(&token).read(&["whoami"], &[], "whoami")?;
    let user = text(&who, "name").to_owned();
    let file = Contexts::file()?;
    let mut contexts = Contexts::load(&file)?;
    let context = Context { url, token, user };
    contexts.contexts.insert(asked.context.clone(), context);
    contexts.current = Some(asked.context.clone());
    contexts.save(&file)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "Signed in as {}. Context `{}` is used now.", text(&who, "name"), asked.context)?;
    Ok(())
}

/// Makes an API token with a password.
fn made(client: &Client, user: &str, days: u32) -> anyhow::Result<String> {
    let password = secret("Password")?;
    let session = client.sign_in(user, &password)?;
    let suffix: u32 = rand::random();
    let ends = time::OffsetDateTime::now_utc() + time::Duration::days(days.into());
    let ends =
        ends.replace_nanosecond(0)?.format(&time::format_description::well_known::Rfc3339)?;
    let scopes = catalog::people::Scope::ALL.map(catalog::people::Scope::name);
    let document = json!({
        "apiVersion": catalog::model::API_VERSION, "kind": "Token",
        "metadata": { "name": format!("{user}-cli-{suffix:08x}") },
        "spec": {
            "user": user, "description": "made by `sluicegate login`", "scopes": scopes,
            "expiresAt": ends,
        },
    });
    let applied = client.apply_in(&session, document.to_string())?;
    let issued = list(&applied, "secrets").first().context("the server made no token")?;
    let token = text(issued, "secret").to_owned();
    client.sign_out(&session)?;
    Ok(token)
}

/// What somebody types, or what standard input holds.
fn secret(what: &str) -> anyhow::Result<String> {
    let typed = match std::io::stdin().is_terminal() {
        true => rpassword::prompt_password(format!("{what}: "))?,
        false => {
            let mut text = String::new();
            std::io::stdin().take(SECRET_BYTES_MAX).read_to_string(&mut text)?;
            text
        }
    };
    match typed.trim_end_matches(['\r', '\n']) {
        "" => bail!("standard input holds no {}", what.to_lowercase()),
        text => Ok(text.to_owned()),
    }
}

#[derive(clap::Args)]
pub(super) struct Logout {
    /// The context; without it the current one
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
}

/// Ends the token of a context, and forgets the context.
pub(super) fn logout(asked: &Logout) -> anyhow::Result<()> {
    let file = Contexts::file()?;
    let mut contexts = Contexts::load(&file)?;
    let name = asked.context.clone().or(contexts.current.clone());
    let name = name.context("there is no context to leave")?;
    let context = contexts.find(Some(&name))?.context("there is no such context")?;
    let client = Client::of(context)?;
    let ended = client.read(&["whoami"], &[], "whoami").and_then(|who| {
        client.act(&["tokens", text(&who, "token"), "revoke"], &json!({}), "token")
    });
    contexts.contexts.remove(&name);
    contexts.current = contexts.current.filter(|current| *current != name);
    contexts.save(&file)?;
    let mut out = std::io::stdout().lock();
    match ended {
        Ok(_) => writeln!(out, "Signed out: the token of `{name}` works no more.")?,
        Err(why) => writeln!(out, "`{name}` is forgotten; its token was not ended: {why}")?,
    }
    Ok(())
}

#[derive(clap::Args)]
pub(super) struct Whoami {
    /// How to write it
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"])]
    output: String,
    #[command(flatten)]
    server: Server,
}

/// Who one is for the server.
pub(super) fn whoami(asked: &Whoami) -> anyhow::Result<()> {
    let who = Client::new(&asked.server)?.read(&["whoami"], &[], "whoami")?;
    let mut out = std::io::stdout().lock();
    if asked.output == "json" {
        writeln!(out, "{}", serde_json::to_string_pretty(&who)?)?;
        return Ok(());
    }
    let joined = |name: &str| {
        let values = list(&who, name).iter().filter_map(Value::as_str);
        values.collect::<Vec<_>>().join(", ")
    };
    writeln!(out, "{} ({})", text(&who, "name"), text(&who, "kind"))?;
    for (title, name) in [("roles", "roles"), ("teams", "teams"), ("scopes", "scopes")] {
        let values = joined(name);
        if !values.is_empty() {
            writeln!(out, "{title}: {values}")?;
        }
    }
    Ok(())
}

#[derive(clap::Args)]
pub(super) struct ContextArguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Show the servers that one is signed in to
    List,
    /// Use another server from now on
    Use {
        /// The context
        name: String,
    },
    /// Print the name of the one that is used
    Current,
}

/// Shows and chooses contexts.
pub(super) fn context(asked: &ContextArguments) -> anyhow::Result<()> {
    let file = Contexts::file()?;
    let mut contexts = Contexts::load(&file)?;
    let mut out = std::io::stdout().lock();
    match &asked.what {
        What::List => {
            for (name, context) in &contexts.contexts {
                let mark = if contexts.current.as_ref() == Some(name) { "*" } else { " " };
                writeln!(out, "{mark} {name}  {} at {}", context.user, context.url)?;
            }
            if contexts.contexts.is_empty() {
                writeln!(out, "none: `sluicegate login` makes one")?;
            }
        }
        What::Use { name } => {
            contexts.find(Some(name))?;
            contexts.current = Some(name.clone());
            contexts.save(&file)?;
            writeln!(out, "`{name}` is used now.")?;
        }
        What::Current => {
            let name = contexts.current.context("none is used: the environment decides")?;
            writeln!(out, "{name}")?;
        }
    }
    Ok(())
}
