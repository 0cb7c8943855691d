//! Records and checkpoints as lines of JSON: an export's, and those of files and syslog.

use serde_json::{json, value::RawValue};

use super::{Checkpoint, Record};
use crate::store::StoreError;

#[derive(serde::Serialize)]
struct Line<'a> {
    number: u64,
    hash: String,
    /// Byte for byte, as it was hashed.
    event: &'a RawValue,
}

impl Record {
    /// `{"number": …, "hash": …, "event": {…}}`, without the line's end.
    ///
    /// # Errors
    /// When the record is not JSON.
    pub fn line(&self) -> Result<String, StoreError> {
        let wrong = |error: serde_json::Error| StoreError::Unreadable {
            what: format!("audit record {}", self.number),
            reason: error.to_string(),
        };
        let event: &RawValue = serde_json::from_str(&self.event).map_err(wrong)?;
        let line = Line { number: self.number, hash: self.hash.to_string(), event };
        serde_json::to_string(&line).map_err(wrong)
    }
}

impl Checkpoint {
    /// `{"checkpoint": {…}}`, without the line's end.
    pub fn line(&self) -> String {
        let Self { number, hash, at, key, signature } = self;
        let hash = hash.to_string();
        let checkpoint = json!({
            "number": number, "hash": hash, "at": at, "key": key, "signature": signature,
        });
        json!({ "checkpoint": checkpoint }).to_string()
    }
}
