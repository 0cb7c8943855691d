//! The obvious way to redact: parse a record to a tree, change it, serialise it. Everything around
//! it (walking the batch, rebuilding it, codecs, CRC) is the gateway's own code, so that the
//! difference is the way of redacting alone.

use gateway::limits::BATCH_DECOMPRESSED_BYTES_MAX;
use gateway::upstream::FetchedBatch;
use gateway::wire::WireError;
use gateway::wire::codec::{self, Codec};
use gateway::wire::rebuild::{self, Changed};
use gateway::wire::record::Records;
use gateway::wire::record_batch::RecordBatch;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::corpus::FIELDS;

/// What is done to the fields.
#[derive(Clone, Debug)]
pub enum Action {
    /// All but the last four characters become `*`.
    Mask,
    /// HMAC-SHA-256 in base64url, keyed once.
    Hash(Box<Hmac<Sha256>>),
}

impl Action {
    /// Hashing with a key.
    ///
    /// # Errors
    /// Never with a key of ordinary length.
    pub fn hash(key: &[u8]) -> anyhow::Result<Self> {
        Ok(Self::Hash(Box::new(Hmac::new_from_slice(key)?)))
    }

    fn on(&self, text: &str) -> String {
        match self {
            Self::Mask => {
                let count = text.chars().count();
                let masked = if count > 4 { count - 4 } else { count };
                let mask = |(index, letter)| if index < masked { '*' } else { letter };
                text.chars().enumerate().map(mask).collect()
            }
            Self::Hash(keyed) => {
                let mut mac = keyed.as_ref().clone();
                mac.update(text.as_bytes());
                URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
            }
        }
    }
}

/// Buffers that are used again, as the gateway's worker does.
#[derive(Default)]
pub struct Worker {
    section: Vec<u8>,
    survivors: Vec<u8>,
    value: Vec<u8>,
}

impl Worker {
    /// A batch with the fields of every record redacted.
    ///
    /// # Errors
    /// The batch's own faults; a record that is not JSON counts as one.
    pub fn redact(
        &mut self,
        batch: &FetchedBatch,
        action: &Action,
    ) -> Result<RecordBatch, WireError> {
        let header = &batch.batch.header;
        let codec = header.codec()?;
        let section = match codec {
            Codec::None => batch.batch.records(),
            codec => {
                let packed = batch.batch.records();
                codec::decompress(codec, packed, &mut self.section, BATCH_DECOMPRESSED_BYTES_MAX)?;
                self.section.as_slice()
            }
        };
        let count = usize::try_from(header.record_count).map_err(|_| WireError::BadLength)?;
        self.survivors.clear();
        for record in Records::new(section, count, header.last_offset_delta) {
            let record = record?;
            self.value.clear();
            redact_value(record.value.unwrap_or_default(), action, &mut self.value)?;
            let value = Some(self.value.as_slice());
            let changed = Changed { key: record.key, value, headers: &record.headers };
            rebuild::append_record(&mut self.survivors, &record, &changed);
        }
        rebuild::batch(header, &self.survivors, count as u32, codec)
    }
}

fn redact_value(text: &[u8], action: &Action, out: &mut Vec<u8>) -> Result<(), WireError> {
    let mut tree: Value = serde_json::from_slice(text).map_err(|_| WireError::BadLength)?;
    for [parent, name] in FIELDS {
        let value = tree.get_mut(parent).and_then(|value| value.get_mut(name));
        if let Some(Value::String(text)) = value {
            *text = action.on(text);
        }
    }
    serde_json::to_writer(out, &tree).map_err(|_| WireError::BadLength)
}
