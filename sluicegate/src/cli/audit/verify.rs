//! Looks whether the audit is whole: the server's, or a file that was exported.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use catalog::audit::{Checkpoint, Hash, Record, Verified, Verifier};
use serde_json::value::RawValue;

use crate::client::{Client, Server};

#[derive(clap::Args)]
#[command(
    after_help = "Keep checkpoints elsewhere (`sluicegate audit export | grep checkpoint`) to \
    notice when the end of the audit is cut off together with its own.\n\n\
    Examples:\n  sluicegate audit verify\n  \
    sluicegate audit verify --file audit.ndjson --checkpoints kept.ndjson --key \"$KEY\""
)]
pub(super) struct Arguments {
    /// An export, instead of the server's audit
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Checkpoints that were kept elsewhere: lines of an export
    #[arg(long, value_name = "FILE")]
    checkpoints: Option<PathBuf>,
    /// The only key that may have signed (base64) [default: any one key]
    #[arg(long)]
    key: Option<String>,
    #[command(flatten)]
    server: Server,
}

/// A line of an export: a checkpoint, or the members of a record.
#[derive(serde::Deserialize)]
struct Line {
    checkpoint: Option<CheckpointLine>,
    number: Option<u64>,
    hash: Option<String>,
    /// Byte for byte, as it was hashed.
    event: Option<Box<RawValue>>,
}

#[derive(serde::Deserialize)]
struct CheckpointLine {
    number: u64,
    hash: String,
    at: String,
    key: String,
    signature: String,
}

/// The export comes checkpoints first.
enum Reading {
    Checkpoints(Vec<Checkpoint>),
    Records(Verifier),
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut kept = Vec::new();
    // In a file that a server writes, checkpoints stand between records.
    for path in arguments.checkpoints.iter().chain(&arguments.file) {
        each_line(path, |line| {
            kept.extend(read(line)?.checkpoint.map(CheckpointLine::read).transpose()?);
            Ok(())
        })?;
    }
    let mut reading = Reading::Checkpoints(kept);
    let mut see = |line: &[u8]| reading.see(line, arguments.key.as_ref());
    match &arguments.file {
        Some(path) => each_line(path, |line| match read(line)?.checkpoint {
            Some(_) => Ok(()),
            None => see(line),
        })?,
        None => Client::new(&arguments.server)?.lines(&["audit", "export"], see)?,
    }
    let verified = reading.verified(arguments.key.as_ref())?;
    tell(&verified, arguments.key.is_some())
}

impl Reading {
    fn see(&mut self, line: &[u8], key: Option<&String>) -> anyhow::Result<()> {
        match read(line)? {
            Line { checkpoint: Some(checkpoint), .. } => match self {
                Self::Checkpoints(known) => known.push(checkpoint.read()?),
                Self::Records(_) => bail!("a checkpoint follows a record"),
            },
            Line { number: Some(number), hash: Some(hash), event: Some(event), .. } => {
                let hash = hash_of(&hash)?;
                let record = Record { number, hash, event: event.get().to_owned() };
                self.begin_records(key)?;
                if let Self::Records(verifier) = self {
                    verifier.record(&record).map_err(broken)?;
                }
            }
            _ => bail!("a line is neither a record nor a checkpoint"),
        }
        Ok(())
    }

    /// Ends the checkpoints.
    fn begin_records(&mut self, key: Option<&String>) -> anyhow::Result<()> {
        if let Self::Checkpoints(known) = self {
            *self = Self::Records(Verifier::new(key.cloned(), known).map_err(broken)?);
        }
        Ok(())
    }

    fn verified(mut self, key: Option<&String>) -> anyhow::Result<Verified> {
        self.begin_records(key)?;
        match self {
            Self::Records(verifier) => verifier.finish().map_err(broken),
            Self::Checkpoints(_) => bail!("there is nothing to verify"),
        }
    }
}

impl CheckpointLine {
    fn read(self) -> anyhow::Result<Checkpoint> {
        let Self { number, hash, at, key, signature } = self;
        Ok(Checkpoint { number, hash: hash_of(&hash)?, at, key, signature })
    }
}

fn read(line: &[u8]) -> anyhow::Result<Line> {
    serde_json::from_slice(line).context("a line is not JSON")
}

fn hash_of(text: &str) -> anyhow::Result<Hash> {
    Hash::parse(text).ok_or_else(|| anyhow!("a hash is 64 hexadecimal digits"))
}

fn each_line(path: &Path, mut see: impl FnMut(&[u8]) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    for line in BufReader::new(file).split(b'\n') {
        let line = line.with_context(|| format!("cannot read {}", path.display()))?;
        if !line.is_empty() {
            see(&line)?;
        }
    }
    Ok(())
}

fn broken(fault: catalog::audit::Fault) -> anyhow::Error {
    anyhow!("the audit was tampered with: {fault}")
}

fn tell(verified: &Verified, pinned: bool) -> anyhow::Result<()> {
    let Verified { records, hash, checkpoints, signed, key } = verified;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{records} records are whole; the last one's hash is {hash}")?;
    match key {
        None => writeln!(out, "nothing is signed: a server without a master key cannot sign")?,
        Some(key) => {
            writeln!(out, "{checkpoints} checkpoints are signed, up to record {signed}, by {key}")?;
            if !pinned {
                writeln!(
                    out,
                    "keep that key and say it with --key: another could have signed all"
                )?;
            }
        }
    }
    Ok(())
}
