//! What of the audit is told to people, for whatever sends it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use catalog::audit::Record;
use catalog::{Catalog, Notice};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

/// What is older is told to nobody: a server that begins to send does not begin with its history.
const AGE_MAX: Duration = Duration::hours(24);
/// Characters of a tag.
const TAG_CHARS: usize = 16;

/// Notices of a catalog's audit.
pub struct Notices {
    catalog: Catalog,
    portal: String,
    /// The last record that was told: a batch that failed half-way is given again.
    told: u64,
}

impl Notices {
    /// Of a catalog whose portal is there.
    pub fn new(catalog: Catalog, portal: &str) -> Self {
        Self { catalog, portal: portal.trim_end_matches('/').to_owned(), told: 0 }
    }

    /// What is to be told of a record.
    pub fn of(&self, record: &Record) -> Option<Notice> {
        if record.number <= self.told {
            return None;
        }
        let notice = self.catalog.notice(record)?;
        (OffsetDateTime::now_utc() - notice.at <= AGE_MAX).then_some(notice)
    }

    /// Notes that it was told.
    pub fn sent(&mut self, record: &Record) {
        self.told = record.number;
    }

    /// Where it is seen.
    pub fn link(&self, notice: &Notice) -> String {
        format!("{}{}", self.portal, notice.path)
    }
}

/// Tells receivers of one notice apart without naming them.
pub fn tag(receiver: &impl ToString) -> String {
    let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(receiver.to_string()));
    digest.chars().take(TAG_CHARS).collect()
}
