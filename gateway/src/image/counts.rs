//! What became of a batch's records under a chain.

use policies::Withheld;

use crate::metrics::Metrics;
use crate::wire::WireError;
use crate::wire::record_batch::BatchHeader;

/// How many reasons there are to withhold a record.
const REASONS: usize = 5;

const _: () = assert!(REASONS == Withheld::ALL.len());

/// What became of a batch's records under a chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageCounts {
    /// Records passed on, changed or not.
    pub kept: u32,
    /// Records passed on with a change.
    pub changed: u32,
    /// Records that a filter dropped.
    pub filtered: u32,
    /// Records withheld, in the order of [`Withheld::ALL`].
    pub withheld: [u32; REASONS],
    /// Why the whole batch was withheld, if it was.
    pub batch_withheld: Option<WireError>,
}

/// What became of records that a reader passed, beside those that it got as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Records withheld.
    pub withheld: u32,
    /// Records that a filter dropped.
    pub filtered: u32,
    /// Records that it got with a change.
    pub redacted: u32,
}

impl Passed {
    /// Adds what was passed elsewhere.
    pub fn add(&mut self, more: Passed) {
        self.withheld = self.withheld.saturating_add(more.withheld);
        self.filtered = self.filtered.saturating_add(more.filtered);
        self.redacted = self.redacted.saturating_add(more.redacted);
    }
}

impl ImageCounts {
    /// What passes who passes all of the batch.
    pub(super) fn passed(&self, header: &BatchHeader) -> Passed {
        let mut withheld: u32 = self.withheld.iter().sum();
        if self.batch_withheld.is_some() {
            // As many as it says it has, as far as its offsets allow that.
            let offsets = header.last_offset_delta.saturating_add(1).max(0);
            let records = Some(header.record_count).filter(|count| (0..=offsets).contains(count));
            withheld = records.unwrap_or(offsets).unsigned_abs();
        }
        Passed { withheld, filtered: self.filtered, redacted: self.changed }
    }

    pub(super) fn withhold(&mut self, reason: Withheld) {
        let all = Withheld::ALL.iter().zip(&mut self.withheld);
        for (_, count) in all.filter(|(known, _)| **known == reason) {
            *count += 1;
        }
    }

    pub(super) fn report(&self, metrics: &Metrics) {
        metrics.records_filtered.inc_by(u64::from(self.filtered));
        for (reason, count) in Withheld::ALL.iter().zip(self.withheld) {
            if count > 0 {
                let label = vec![("reason", reason.label().to_owned())];
                metrics.records_withheld.get_or_create(&label).inc_by(u64::from(count));
            }
        }
        if let Some(error) = self.batch_withheld {
            let label = vec![("reason", error.label().to_owned())];
            metrics.batches_withheld.get_or_create(&label).inc();
        }
    }
}
