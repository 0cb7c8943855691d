//! `sluicegate init`: the first administrator of a new catalog.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{file, serve};
use crate::compose;
use crate::config::Config;

/// Random bytes of a password that is made here: 144 bits.
const PASSWORD_BYTES: usize = 18;

#[derive(clap::Args)]
#[command(
    after_help = "Opens the store of the configuration itself: no server needs to run, and one \
    that runs learns of the user only with PostgreSQL.\n\nExamples:\n  \
    sluicegate init --config sluicegate.toml\n  \
    sluicegate init --config sluicegate.toml --admin anna --password-file -"
)]
pub(super) struct Arguments {
    /// The configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The user's name
    #[arg(long, default_value = "admin", value_name = "NAME")]
    admin: String,
    /// Their address for mail
    #[arg(long)]
    email: Option<String>,
    /// File with their password, `-` for standard input; without it one is made and printed
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

pub(super) fn run(asked: &Arguments) -> anyhow::Result<()> {
    let config = Config::load(&asked.config)?;
    let given = asked.password_file.as_deref().map(file::read).transpose()?;
    let given = given.map(|(_, text)| text.trim_end_matches(['\r', '\n']).to_owned());
    let password = given.clone();
    let password =
        password.unwrap_or_else(|| URL_SAFE_NO_PAD.encode(rand::random::<[u8; PASSWORD_BYTES]>()));
    serve::runtime()?.block_on(async {
        let catalog = compose::open_catalog(&config).await?;
        let made = catalog.make_admin(&asked.admin, asked.email.as_deref(), &password).await;
        made.context("no administrator was made")
    })?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "User `{}` is an administrator.", asked.admin)?;
    if given.is_none() {
        writeln!(out, "Password: {password}\nShown this once: keep it now.")?;
    }
    if !config.admin.sign_in {
        writeln!(out, "Set `sign_in = true` under `[admin]` so that they can sign in.")?;
    }
    Ok(())
}
