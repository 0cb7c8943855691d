//! What the scripted broker holds: topics with partitions of raw batches, and every number that a
//! broker tells about them, free for tests to set.

use kafka_protocol::messages::fetch_response::{AbortedTransaction, EpochEndOffset, PartitionData};

use super::batch::Batch;

/// Kafka's error codes as tests and the broker use them.
pub mod code {
    /// OFFSET_OUT_OF_RANGE.
    pub const OFFSET_OUT_OF_RANGE: i16 = 1;
    /// UNKNOWN_TOPIC_OR_PARTITION.
    pub const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
    /// LEADER_NOT_AVAILABLE.
    pub const LEADER_NOT_AVAILABLE: i16 = 5;
    /// NOT_LEADER_OR_FOLLOWER.
    pub const NOT_LEADER_OR_FOLLOWER: i16 = 6;
    /// TOPIC_AUTHORIZATION_FAILED.
    pub const TOPIC_AUTHORIZATION_FAILED: i16 = 29;
    /// UNSUPPORTED_VERSION.
    pub const UNSUPPORTED_VERSION: i16 = 35;
    /// KAFKA_STORAGE_ERROR.
    pub const KAFKA_STORAGE_ERROR: i16 = 56;
    /// SASL_AUTHENTICATION_FAILED.
    pub const SASL_AUTHENTICATION_FAILED: i16 = 58;
    /// FENCED_LEADER_EPOCH.
    pub const FENCED_LEADER_EPOCH: i16 = 74;
    /// UNKNOWN_LEADER_EPOCH.
    pub const UNKNOWN_LEADER_EPOCH: i16 = 75;
}

/// A topic.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// Its id; another one after it was recreated.
    pub id: u128,
    /// What metadata says about it; 0: it is well.
    pub error: i16,
    /// Its configuration as DescribeConfigs tells it.
    pub config: Vec<(String, String)>,
    /// Its partitions.
    pub partitions: Vec<Partition>,
}

/// A partition, with everything that a broker says about it.
#[derive(Clone, Debug, Default)]
pub struct Partition {
    /// Batches in order.
    pub batches: Vec<Stored>,
    /// One after the last offset that consumers may see.
    pub high_watermark: i64,
    /// Where the first open transaction starts; `None`: the high watermark.
    pub last_stable: Option<i64>,
    /// The first offset.
    pub log_start: i64,
    /// The leader's epoch.
    pub leader_epoch: i32,
    /// Epochs and their first offsets, ascending.
    pub epochs: Vec<(i32, i64)>,
    /// Aborted transactions: producer id, first offset, marker's offset.
    pub aborted: Vec<(i64, i64, i64)>,
    /// The error that Fetch answers with.
    pub fetch_error: i16,
    /// The error that ListOffsets answers with.
    pub list_error: i16,
    /// The error that metadata gives; the leader is then -1.
    pub metadata_error: i16,
    /// A divergence that Fetch (12) reports whatever is asked: epoch and end offset.
    pub diverging: Option<(i32, i64)>,
}

/// A batch as it is kept.
#[derive(Clone, Debug)]
pub struct Stored {
    /// First offset that it covers.
    pub base: i64,
    /// Last offset that it covers.
    pub last: i64,
    /// Its bytes, right or wrong.
    pub bytes: Vec<u8>,
    /// Offsets and timestamps, for look-ups by time.
    pub timestamps: Vec<(i64, i64)>,
}

/// What one partition is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchAsk {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// The leader's epoch as the client knows it; -1: it does not.
    pub leader_epoch: i32,
    /// The epoch of the last record it has; -1: it does not say.
    pub last_fetched_epoch: i32,
    /// Bytes at most.
    pub bytes_max: i32,
    /// Whether only committed records are asked for.
    pub committed: bool,
}

impl Topic {
    pub(super) fn new(name: &str, partitions: usize) -> Topic {
        let partitions = vec![Partition::default(); partitions];
        let id = rand::random();
        Topic { name: name.to_owned(), id, error: 0, config: Vec::new(), partitions }
    }
}

impl Partition {
    /// One after the last batch.
    pub fn end(&self) -> i64 {
        self.batches.last().map_or(self.log_start, |batch| batch.last + 1)
    }

    /// The last stable offset.
    pub fn stable(&self) -> i64 {
        self.last_stable.unwrap_or(self.high_watermark)
    }

    /// Appends a batch and shows it; answers its first offset.
    pub fn append(&mut self, batch: &Batch) -> i64 {
        let base = batch.base_offset.unwrap_or(self.end());
        let timestamps = batch.timestamps().into_iter();
        self.batches.push(Stored {
            base,
            last: base + i64::from(batch.last_offset_delta()),
            bytes: batch.bytes(base, self.leader_epoch),
            timestamps: timestamps.map(|(delta, time)| (base + i64::from(delta), time)).collect(),
        });
        self.high_watermark = self.high_watermark.max(self.end());
        base
    }

    /// Cuts everything from `end` on and goes to another epoch, as after an unclean election.
    pub fn truncate(&mut self, end: i64, epoch: i32) {
        self.batches.retain(|batch| batch.last < end);
        self.high_watermark = end;
        self.last_stable = None;
        self.next_epoch(epoch);
    }

    /// Goes to another leader epoch that starts here.
    pub fn next_epoch(&mut self, epoch: i32) {
        if self.epochs.is_empty() {
            self.epochs.push((self.leader_epoch, self.log_start));
        }
        self.epochs.push((epoch, self.end()));
        self.leader_epoch = epoch;
    }

    /// The end of the largest epoch up to `epoch` (KIP-101).
    pub(super) fn end_of_epoch(&self, epoch: i32) -> (i32, i64) {
        if self.epochs.is_empty() || epoch >= self.leader_epoch {
            return (self.leader_epoch, self.end());
        }
        let next = self.epochs.iter().find(|(later, _)| *later > epoch);
        let own = self.epochs.iter().rfind(|(earlier, _)| *earlier <= epoch);
        (own.map_or(-1, |(own, _)| *own), next.map_or(self.end(), |(_, start)| *start))
    }

    /// The answer to a fetch as it would be now.
    pub(super) fn fetch(&self, ask: &FetchAsk) -> PartitionData {
        let answer = PartitionData::default()
            .with_partition_index(ask.partition)
            .with_high_watermark(self.high_watermark)
            .with_last_stable_offset(self.stable())
            .with_log_start_offset(self.log_start)
            .with_records(Some(bytes::Bytes::new()));
        if let Some(error) = self.refusal(ask) {
            return answer.with_error_code(error).with_high_watermark(-1);
        }
        if let Some((epoch, end)) = self.divergence(ask) {
            let diverging = EpochEndOffset::default().with_epoch(epoch).with_end_offset(end);
            return answer.with_diverging_epoch(diverging);
        }
        let limit = if ask.committed { self.stable() } else { self.high_watermark };
        let (mut records, mut end) = (Vec::new(), ask.offset);
        for batch in self.batches.iter().filter(|batch| batch.last >= ask.offset) {
            let fits =
                records.len() + batch.bytes.len() <= usize::try_from(ask.bytes_max).unwrap_or(0);
            if batch.base >= limit || !(fits || records.is_empty()) {
                break;
            }
            records.extend_from_slice(&batch.bytes);
            end = batch.last + 1;
        }
        let aborted = self
            .aborted
            .iter()
            .filter(|(_, first, marker)| ask.committed && *first < end && *marker >= ask.offset);
        let aborted = aborted.map(|(producer, first, _)| {
            AbortedTransaction::default()
                .with_producer_id((*producer).into())
                .with_first_offset(*first)
        });
        answer.with_aborted_transactions(Some(aborted.collect())).with_records(Some(records.into()))
    }

    fn refusal(&self, ask: &FetchAsk) -> Option<i16> {
        let known = ask.leader_epoch;
        if self.fetch_error != 0 {
            Some(self.fetch_error)
        } else if known >= 0 && known < self.leader_epoch {
            Some(code::FENCED_LEADER_EPOCH)
        } else if known > self.leader_epoch {
            Some(code::UNKNOWN_LEADER_EPOCH)
        } else if ask.last_fetched_epoch >= 0 && self.divergence(ask).is_some() {
            None
        } else if ask.offset < self.log_start || ask.offset > self.high_watermark {
            Some(code::OFFSET_OUT_OF_RANGE)
        } else {
            None
        }
    }

    fn divergence(&self, ask: &FetchAsk) -> Option<(i32, i64)> {
        if self.diverging.is_some() {
            return self.diverging;
        }
        let asked = Some(ask.last_fetched_epoch).filter(|epoch| *epoch >= 0)?;
        let (epoch, end) = self.end_of_epoch(asked);
        (epoch < asked || end < ask.offset).then_some((epoch, end))
    }

    /// First offset at or after a time, with its time.
    pub(super) fn offset_at(&self, time: i64) -> Option<(i64, i64)> {
        let all = self.batches.iter().flat_map(|batch| &batch.timestamps);
        all.copied().find(|(offset, seen)| *seen >= time && *offset >= self.log_start)
    }
}
