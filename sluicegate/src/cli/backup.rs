//! `sluicegate backup` and `restore`: everything that a store holds, from one into another.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use catalog::backup::Counts;

use super::serve;
use crate::compose;
use crate::config::Config;

#[derive(clap::Args)]
#[command(
    after_help = "Reads the store of the configuration itself; a server may run meanwhile. The \
    file holds what secrets are\nchecked against, and sealed secrets: keep it as you keep a \
    password file, and the master key apart from it.\n\nExamples:\n  \
    sluicegate backup --config sluicegate.toml --to sluicegate.backup\n  \
    sluicegate backup --config sluicegate.toml | zstd > sluicegate.backup.zst"
)]
pub(super) struct Backup {
    /// The configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Where to write it, readable by this user only [default: standard output]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

#[derive(clap::Args)]
#[command(after_help = "The store must be empty: a SQLite file that is not there yet, or a new \
    database. It may be of the other kind.\nThe same master key opens what is sealed.\n\n\
    Examples:\n  sluicegate restore --config new.toml --from sluicegate.backup")]
pub(super) struct Restore {
    /// The configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The backup [default: standard input]
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
}

pub(super) fn backup(asked: &Backup) -> anyhow::Result<()> {
    let config = Config::load(&asked.config)?;
    let counts = serve::runtime()?.block_on(async {
        let store = compose::open_store(&config).await?;
        match &asked.to {
            // In its place only when it is whole.
            Some(file) => {
                let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
                let mut new = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
                let out = BufWriter::new(new.as_file_mut());
                let counts = catalog::backup::backup(store.as_ref(), out).await?;
                new.as_file().sync_all()?;
                new.persist(file).with_context(|| format!("cannot write {}", file.display()))?;
                anyhow::Ok(counts)
            }
            None => {
                let out = BufWriter::new(std::io::stdout().lock());
                Ok(catalog::backup::backup(store.as_ref(), out).await?)
            }
        }
    })?;
    tell("backed up", counts)
}

pub(super) fn restore(asked: &Restore) -> anyhow::Result<()> {
    let config = Config::load(&asked.config)?;
    let counts = serve::runtime()?.block_on(async {
        let store = compose::open_store(&config).await?;
        let restored = match &asked.from {
            Some(file) => {
                let opened = File::open(file);
                let opened = opened.with_context(|| format!("cannot open {}", file.display()))?;
                catalog::backup::restore(store.as_ref(), BufReader::new(opened)).await
            }
            None => catalog::backup::restore(store.as_ref(), std::io::stdin().lock()).await,
        };
        restored.context("nothing was restored")
    })?;
    tell("restored", counts)
}

/// On standard error: standard output may be the backup.
fn tell(what: &str, counts: Counts) -> anyhow::Result<()> {
    let Counts { resources, sealed, records } = counts;
    let mut out = std::io::stderr().lock();
    writeln!(
        out,
        "{what}: {resources} resources, {sealed} sealed secrets, {records} audit records"
    )?;
    Ok(())
}
