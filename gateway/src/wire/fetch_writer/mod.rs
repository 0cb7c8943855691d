//! Writes Fetch answers, versions 4 to 17, as a list of parts: what is written here, and between
//! that the record bytes as they are, never copied.
//!
//! Of fetch sessions, read replicas, leaders and node endpoints nothing is ever said: the gateway
//! is one virtual broker. Records are never null, as several clients read only an empty string. The
//! answer's header (correlation id) is not written here. Source: FetchResponse.json of Apache
//! Kafka.

use bytes::{BufMut, Bytes, BytesMut};

/// Lowest version written: the first with magic 2 batches, isolation and aborted transactions.
pub const VERSION_MIN: i16 = 4;
/// Highest version written.
pub const VERSION_MAX: i16 = 17;
/// First version that names topics by id.
pub const TOPIC_IDS_SINCE: i16 = 13;

/// First version with fetch sessions, and with an error of the whole answer.
pub const SESSION_SINCE: i16 = 7;

const LOG_START_SINCE: i16 = 5;
const READ_REPLICA_SINCE: i16 = 11;
const FLEXIBLE_SINCE: i16 = 12;

/// What a partition takes beside its records, at most: fields, counts and tags.
const PARTITION_BYTES_MAX: usize = 56;
/// What an answer takes beside its topics, at most.
const ANSWER_BYTES_MAX: usize = 20;
/// What a topic takes beside its name, at most: the name's length or the id, a count, tags.
const TOPIC_BYTES_MAX: usize = 24;

/// What a partition's part of an answer says beside its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionHead {
    /// Its index.
    pub partition: i32,
    /// Error of this partition; 0: none.
    pub error: i16,
    /// End of what is replicated; -1: not known.
    pub high_watermark: i64,
    /// End of what has been decided by transactions; -1: not known.
    pub last_stable_offset: i64,
    /// First offset that may be read; -1: not known.
    pub log_start_offset: i64,
}

impl PartitionHead {
    /// A partition of which only an error can be said.
    pub fn failed(partition: i32, error: i16) -> Self {
        Self { partition, error, high_watermark: -1, last_stable_offset: -1, log_start_offset: -1 }
    }
}

/// An answer of an error of the whole request, from version [`SESSION_SINCE`] on.
pub fn refused(version: i16, error: i16) -> Vec<Bytes> {
    FetchWriter::begin(version, 0, Outline::default(), error).finish()
}

/// How large an answer will be: what is stated before it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Topics.
    pub topics: usize,
    /// Partitions of all topics.
    pub partitions: usize,
    /// Bytes of all topics' names.
    pub name_bytes: usize,
    /// Pieces of record bytes of all partitions.
    pub pieces: usize,
}

/// An answer being written: each topic, after it its partitions, in the numbers that were stated.
pub struct FetchWriter {
    version: i16,
    flexible: bool,
    own: BytesMut,
    parts: Vec<Bytes>,
    /// A topic was begun whose tags are not written yet.
    topic_open: bool,
}

impl FetchWriter {
    /// Begins an answer of a version between [`VERSION_MIN`] and [`VERSION_MAX`].
    pub fn new(version: i16, throttle_ms: i32, outline: Outline) -> Self {
        Self::begin(version, throttle_ms, outline, 0)
    }

    fn begin(version: i16, throttle_ms: i32, outline: Outline, error: i16) -> Self {
        let bytes = ANSWER_BYTES_MAX
            + outline.topics * TOPIC_BYTES_MAX
            + outline.name_bytes
            + outline.partitions * PARTITION_BYTES_MAX;
        let mut writer = Self {
            version,
            flexible: version >= FLEXIBLE_SINCE,
            own: BytesMut::with_capacity(bytes),
            // Each partition with records ends one part of our own bytes.
            parts: Vec::with_capacity(outline.pieces + outline.pieces.min(outline.partitions) + 1),
            topic_open: false,
        };
        writer.own.put_i32(throttle_ms);
        if version >= SESSION_SINCE {
            writer.own.put_i16(error);
            writer.own.put_i32(0); // no session is granted
        }
        writer.count(outline.topics);
        writer
    }

    /// Begins a topic: by its name up to version 12, then by its id.
    pub fn topic(&mut self, name: &str, id: &[u8; 16], partitions: usize) {
        self.end_topic();
        if self.version >= TOPIC_IDS_SINCE {
            self.own.put_slice(id);
        } else {
            match self.flexible {
                true => self.varint(name.len() + 1),
                // Topic names are at most 249 bytes.
                false => self.own.put_i16(i16::try_from(name.len()).unwrap_or(i16::MAX)),
            }
            self.own.put_slice(name.as_bytes());
        }
        self.count(partitions);
        self.topic_open = true;
    }

    /// Writes a partition with its records, in pieces that follow one another.
    pub fn partition(&mut self, head: &PartitionHead, records: impl IntoIterator<Item = Bytes>) {
        self.own.put_i32(head.partition);
        self.own.put_i16(head.error);
        self.own.put_i64(head.high_watermark);
        self.own.put_i64(head.last_stable_offset);
        if self.version >= LOG_START_SINCE {
            self.own.put_i64(head.log_start_offset);
        }
        self.count(0); // aborted transactions: none is ever shown
        if self.version >= READ_REPLICA_SINCE {
            self.own.put_i32(-1);
        }
        self.records(records);
        self.tags();
    }

    /// The answer's parts.
    pub fn finish(mut self) -> Vec<Bytes> {
        self.end_topic();
        self.tags();
        if !self.own.is_empty() {
            self.parts.push(self.own.freeze());
        }
        self.parts
    }

    fn records(&mut self, records: impl IntoIterator<Item = Bytes>) {
        let place = self.parts.len();
        self.parts.push(Bytes::new());
        let mut bytes = 0;
        for piece in records {
            bytes += piece.len();
            self.parts.push(piece);
        }
        match self.flexible {
            true => self.varint(bytes + 1),
            // Answers are capped far below 2 GiB.
            false => self.own.put_i32(i32::try_from(bytes).unwrap_or(i32::MAX)),
        }
        match self.parts.get_mut(place) {
            Some(before) if bytes > 0 => *before = self.own.split().freeze(),
            _ => self.parts.truncate(place),
        }
    }

    fn end_topic(&mut self) {
        if std::mem::take(&mut self.topic_open) {
            self.tags();
        }
    }

    fn tags(&mut self) {
        if self.flexible {
            self.own.put_u8(0);
        }
    }

    fn count(&mut self, count: usize) {
        match self.flexible {
            true => self.varint(count + 1),
            // Counts are those of a request that fitted a frame.
            false => self.own.put_i32(i32::try_from(count).unwrap_or(i32::MAX)),
        }
    }

    fn varint(&mut self, mut value: usize) {
        while value >= 0x80 {
            self.own.put_u8(value as u8 | 0x80);
            value >>= 7;
        }
        self.own.put_u8(value as u8);
    }
}

#[cfg(test)]
mod tests;
