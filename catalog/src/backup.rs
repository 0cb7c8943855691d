//! A copy of everything that a store holds, as lines of JSON: from one store into another, of
//! either kind. What is sealed stays sealed: the master key is kept apart.

use std::{
    io::{BufRead, Write},
    sync::Arc,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    Actor,
    audit::{Checkpoint, Entry, Hash, Record},
    clock::Clock,
    model::{Export, Kind, Resource, Spec, Verifier},
    resources::export,
    secret::{
        Sealed,
        verifier_text::{self, Checked},
    },
    store::{AuditQuery, Change, Store, StoreError},
};

/// What a copy calls itself.
const FORMAT: &str = "sluicegate backup 1";
/// Records that are read and written at once.
const RECORDS_AT_ONCE: u32 = 5_000;
/// Bytes of a line: an endpoint with its schema stays far below.
const LINE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// How often a store that is being changed is read again from the start.
const TRIES_MAX: usize = 5;

/// Why there is no copy, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store does not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file cannot be read or written.
    #[error("the file: {0}")]
    File(#[from] std::io::Error),
    /// The file is none of ours, or is damaged.
    #[error("line {line}: {reason}")]
    Wrong {
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The store holds something already.
    #[error("the store is not empty: restore into a new one")]
    NotEmpty,
    /// The store changed all the time.
    #[error("the store was changed all the time; try again")]
    Restless,
}

/// What a copy holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Resources.
    pub resources: u64,
    /// Sealed secrets.
    pub sealed: u64,
    /// Records of the audit.
    pub records: u64,
}

/// A line of a copy.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum Line {
    Begin { format: String, catalog: u64 },
    Resource { kind: Kind, name: String, labels: Value, spec: Value, verifier: Option<Value> },
    Sealed { name: String, key_id: String, nonce: String, ciphertext: String },
    Record { number: u64, hash: String, event: String },
    Checkpoint { number: u64, hash: String, at: String, key: String, signature: String },
    End { resources: u64, sealed: u64, records: u64, sha256: String },
}

/// Writes a copy of a store.
///
/// # Errors
/// [`BackupError`]; what was written so far is of no use then.
pub async fn backup(store: &dyn Store, out: impl Write) -> Result<Counts, BackupError> {
    let mut out = Lines { out, digest: Sha256::new() };
    let (stored, mut records) = steady(store).await?;
    out.line(&Line::Begin { format: FORMAT.to_owned(), catalog: stored.version })?;
    let mut counts = Counts::default();
    for (_, name, resource) in stored.resources.all() {
        out.line(&of_resource(name, resource)?)?;
        counts.resources += 1;
    }
    for (name, sealed) in &stored.sealed {
        out.line(&of_sealed(name, sealed))?;
        counts.sealed += 1;
    }
    while !records.is_empty() {
        let last = records.last().map(|record| record.number);
        for Record { number, hash, event } in records {
            out.line(&Line::Record { number, hash: hash.to_string(), event })?;
            counts.records += 1;
        }
        records = next(store, last).await?;
    }
    for checkpoint in store.checkpoints().await? {
        let Checkpoint { number, hash, at, key, signature } = checkpoint;
        // Signed meanwhile, of a record that is not in the copy.
        if number <= counts.records {
            out.line(&Line::Checkpoint { number, hash: hash.to_string(), at, key, signature })?;
        }
    }
    let sha256 = STANDARD.encode(out.digest.clone().finalize());
    let Counts { resources, sealed, records } = counts;
    out.line(&Line::End { resources, sealed, records, sha256 })?;
    out.out.flush()?;
    Ok(counts)
}

/// All resources, and the first records, of one version.
async fn steady(store: &dyn Store) -> Result<(crate::store::Stored, Vec<Record>), BackupError> {
    for _ in 0..TRIES_MAX {
        let stored = store.load().await?;
        let records = next(store, None).await?;
        if store.version().await? == stored.version {
            return Ok((stored, records));
        }
    }
    Err(BackupError::Restless)
}

async fn next(store: &dyn Store, after: Option<u64>) -> Result<Vec<Record>, StoreError> {
    let query =
        AuditQuery { after, oldest_first: true, limit: RECORDS_AT_ONCE, ..AuditQuery::default() };
    store.records(&query).await
}

fn of_resource(name: &str, resource: &Resource) -> Result<Line, StoreError> {
    let unwritable = |error: serde_json::Error| StoreError::Unreadable {
        what: name.to_owned(),
        reason: error.to_string(),
    };
    let Export { kind, metadata, spec, .. } = export(name, resource).map_err(unwritable)?;
    let labels = serde_json::to_value(metadata.labels).map_err(unwritable)?;
    let verifier = verifier_text::to_json(&resource.spec);
    Ok(Line::Resource { kind, name: name.to_owned(), labels, spec, verifier })
}

fn of_sealed(name: &str, sealed: &Sealed) -> Line {
    Line::Sealed {
        name: name.to_owned(),
        key_id: sealed.key_id.clone(),
        nonce: STANDARD.encode(&sealed.nonce),
        ciphertext: STANDARD.encode(&sealed.ciphertext),
    }
}

struct Lines<W> {
    out: W,
    digest: Sha256,
}

impl<W: Write> Lines<W> {
    fn line(&mut self, line: &Line) -> std::io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.digest.update(&text);
        self.out.write_all(&text)
    }
}

/// Fills an empty store from a copy. The records of the audit come first, a part at a time; the
/// resources come last and all at once, so that a restore that was broken off left nothing that is
/// served.
///
/// # Errors
/// [`BackupError`].
pub async fn restore(store: &dyn Store, from: impl BufRead) -> Result<Counts, BackupError> {
    if store.version().await? != 0 || !next(store, None).await?.is_empty() {
        return Err(BackupError::NotEmpty);
    }
    let mut reading = Reading { from, line: 0, digest: Sha256::new() };
    let mut counts = Counts::default();
    let (mut change, mut records, mut checkpoints) = (Change::default(), Vec::new(), Vec::new());
    match reading.next()? {
        Some((Line::Begin { format, .. }, _)) if format == FORMAT => {}
        _ => return Err(reading.wrong("is not the beginning of a backup of Sluicegate")),
    }
    loop {
        let Some((line, digest)) = reading.next()? else {
            return Err(reading.wrong("the backup breaks off: it has no end"));
        };
        match line {
            Line::Begin { .. } => return Err(reading.wrong("begins again")),
            Line::Resource { kind, name, labels, spec, verifier } => {
                let resource = resource(kind, &labels, &spec, verifier);
                let resource = resource.map_err(|reason| reading.wrong(&reason))?;
                change.put.push((name.into(), std::sync::Arc::new(resource)));
                counts.resources += 1;
            }
            Line::Sealed { name, key_id, nonce, ciphertext } => {
                let decoded = |text: &str| STANDARD.decode(text).ok();
                let parts = decoded(&nonce).zip(decoded(&ciphertext));
                let (nonce, ciphertext) = parts.ok_or_else(|| reading.wrong("is not Base64"))?;
                change.seal.push((name, Sealed { key_id, nonce, ciphertext }));
                counts.sealed += 1;
            }
            Line::Record { number, hash, event } => {
                let hash = reading.hash(&hash)?;
                records.push(Record { number, hash, event });
                counts.records += 1;
                if records.len() >= RECORDS_AT_ONCE as usize {
                    store.restore_audit(&records, &[]).await?;
                    records.clear();
                }
            }
            Line::Checkpoint { number, hash, at, key, signature } => {
                let hash = reading.hash(&hash)?;
                checkpoints.push(Checkpoint { number, hash, at, key, signature });
            }
            Line::End { resources, sealed, records: of_audit, sha256 } => {
                let said = Counts { resources, sealed, records: of_audit };
                if said != counts || sha256 != STANDARD.encode(digest) {
                    return Err(reading.wrong("the backup is not as it was written"));
                }
                break;
            }
        }
    }
    store.restore_audit(&records, &checkpoints).await?;
    change.entries.push(Entry {
        noun: "catalog".to_owned(),
        verb: "restored",
        subject: "Catalog".to_owned(),
        actor: Actor::system("restore"),
        at: Clock::default().now(),
        data: serde_json::json!({ "resources": counts.resources, "records": counts.records }),
    });
    store.commit(0, &change).await?;
    Ok(counts)
}

fn resource(
    kind: Kind,
    labels: &Value,
    spec: &Value,
    verifier: Option<Value>,
) -> Result<Resource, String> {
    use serde::Deserialize;
    let labels = Deserialize::deserialize(labels).map_err(|error| format!("labels: {error}"))?;
    let spec = Spec::deserialize(kind, spec).map_err(|error| format!("spec: {error}"));
    let mut spec = spec?;
    let checked = verifier.map(|value| verifier_text::from_json(kind, value)).transpose()?;
    match (&mut spec, checked) {
        (Spec::Credential(credential), Some(Checked::Secret(verifier))) => {
            Arc::make_mut(credential).verifier = *verifier;
        }
        (Spec::Credential(credential), None) => {
            Arc::make_mut(credential).verifier = Verifier::default();
        }
        (spec, Some(Checked::Proof(proof))) => spec.set_proof(Some(proof)),
        _ => {}
    }
    Ok(Resource { labels, spec })
}

struct Reading<R> {
    from: R,
    line: usize,
    digest: Sha256,
}

impl<R: BufRead> Reading<R> {
    /// The next line, and the digest of all before it.
    fn next(&mut self) -> Result<Option<(Line, [u8; 32])>, BackupError> {
        use std::io::Read;
        let mut text = Vec::new();
        self.line += 1;
        self.from.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut text)?;
        if text.is_empty() {
            return Ok(None);
        }
        let before = self.digest.clone().finalize().into();
        self.digest.update(&text);
        let line = serde_json::from_slice(&text);
        line.map(|line| Some((line, before))).map_err(|error| self.wrong(&error.to_string()))
    }

    fn wrong(&self, reason: &str) -> BackupError {
        BackupError::Wrong { line: self.line, reason: reason.to_owned() }
    }

    fn hash(&self, text: &str) -> Result<Hash, BackupError> {
        Hash::parse(text).ok_or_else(|| self.wrong("has a hash that is none"))
    }
}
