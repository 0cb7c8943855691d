//! Records as programs tell them, and what they should have told.

use sha2::{Digest, Sha256};

use crate::produce::Record;

/// A record as a program printed it: bytes in hex, the value's SHA-256 instead of the value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
pub struct Seen {
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// Milliseconds since 1970.
    pub timestamp: i64,
    /// The key.
    pub key: Option<String>,
    /// SHA-256 of the value.
    pub value: Option<String>,
    /// Headers as the client hands them out.
    pub headers: Vec<(String, Option<String>)>,
}

impl Seen {
    /// What a client that loses nothing should tell of a record.
    pub fn of(record: &Record) -> Seen {
        let header =
            |(name, value): &(String, Option<Vec<u8>>)| (name.clone(), value.as_deref().map(hex));
        Seen {
            partition: record.partition,
            offset: record.offset,
            timestamp: record.timestamp,
            key: record.key.as_deref().map(hex),
            value: record.value.as_deref().map(sha256),
            headers: record.headers.iter().map(header).collect(),
        }
    }

    /// Without its headers: some clients lose what a map cannot hold.
    pub fn without_headers(mut self) -> Seen {
        self.headers.clear();
        self
    }
}

/// Compares what came with what should have come; the answer says how they differ.
pub fn difference(wanted: &[Seen], came: &[Seen]) -> Option<String> {
    let (mut wanted, mut came) = (wanted.to_vec(), came.to_vec());
    wanted.sort();
    came.sort();
    let total = came.len();
    came.dedup_by_key(|seen| (seen.partition, seen.offset));
    if came.len() < total {
        return Some(format!("{} records came twice", total - came.len()));
    }
    if came.len() != wanted.len() {
        return Some(format!("{} records instead of {}", came.len(), wanted.len()));
    }
    let other = wanted.iter().zip(&came).find(|(wanted, came)| wanted != came);
    other.map(|(wanted, came)| format!("{came:?} instead of {wanted:?}"))
}

/// SHA-256 in hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Record `n` as every program produces it (`tests/clients/README.md`).
pub fn produced(n: i64, size: usize) -> Record {
    let head = format!("{{\"n\":{n},\"secret\":\"s-{n}\",\"text\":\"");
    let pad = "x".repeat(size.saturating_sub(head.len() + 2));
    Record::value(format!("{head}{pad}\"}}"))
        .key(format!("key-{n}"))
        .timestamp(1_700_000_000_000 + n)
        .header("n", Some(n.to_string().as_bytes()))
}
