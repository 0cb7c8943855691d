//! Writes Produce requests, versions 3 to 11, as a list of parts: what is written here, and between
//! that the batches as they came, never copied. Source: ProduceRequest.json of Apache Kafka.

use bytes::{BufMut, Bytes, BytesMut};

/// Lowest version written: the first with record batches and transactional ids.
pub const VERSION_MIN: i16 = 3;
/// Highest version written: from 12 on a transactional batch begins its transaction (KIP-890).
pub const VERSION_MAX: i16 = 11;

const FLEXIBLE_SINCE: i16 = 9;

/// What a request says beside its batches.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// Absent: no transaction.
    pub transactional_id: Option<&'a str>,
    /// 0, 1 or -1.
    pub acks: i16,
    /// How long replicas are waited for, in milliseconds.
    pub timeout_ms: i32,
}

/// A request's body in parts, in a version between [`VERSION_MIN`] and [`VERSION_MAX`]. `topics`:
/// each with its partitions and their batches.
pub fn write<'a>(
    version: i16,
    terms: Terms<'_>,
    topics: impl ExactSizeIterator<Item = (&'a str, &'a [(i32, Bytes)])>,
) -> Vec<Bytes> {
    let flexible = version >= FLEXIBLE_SINCE;
    let mut writer = Writer { flexible, own: BytesMut::new(), parts: Vec::new() };
    match terms.transactional_id {
        Some(id) => writer.text(id),
        None if flexible => writer.own.put_u8(0),
        None => writer.own.put_i16(-1),
    }
    writer.own.put_i16(terms.acks);
    writer.own.put_i32(terms.timeout_ms);
    writer.count(topics.len());
    for (topic, partitions) in topics {
        writer.text(topic);
        writer.count(partitions.len());
        for (partition, batch) in partitions {
            writer.own.put_i32(*partition);
            writer.count(batch.len());
            writer.parts.push(writer.own.split().freeze());
            writer.parts.push(batch.clone());
            writer.tags();
        }
        writer.tags();
    }
    writer.tags();
    if !writer.own.is_empty() {
        writer.parts.push(writer.own.freeze());
    }
    writer.parts
}

struct Writer {
    flexible: bool,
    own: BytesMut,
    parts: Vec<Bytes>,
}

impl Writer {
    fn text(&mut self, text: &str) {
        match self.flexible {
            true => self.varint(text.len() + 1),
            // Names and ids are far shorter.
            false => self.own.put_i16(i16::try_from(text.len()).unwrap_or(i16::MAX)),
        }
        self.own.put_slice(text.as_bytes());
    }

    /// The count of a list, or the length of bytes.
    fn count(&mut self, count: usize) {
        match self.flexible {
            true => self.varint(count + 1),
            // Of what fitted a client's frame.
            false => self.own.put_i32(i32::try_from(count).unwrap_or(i32::MAX)),
        }
    }

    fn tags(&mut self) {
        if self.flexible {
            self.own.put_u8(0);
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
mod tests {
    use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
    use kafka_protocol::messages::{ProduceRequest, TopicName, TransactionalId};
    use kafka_protocol::protocol::{Encodable, StrBytes};

    use super::*;

    #[test]
    fn it_writes_what_the_codec_writes_and_copies_no_batch() {
        let batch = Bytes::from(vec![7; 300]);
        let first = [(0, batch.clone()), (5, Bytes::from_static(b"x"))];
        let topics: [(&str, &[(i32, Bytes)]); 2] = [("orders", &first), ("other", &[])];
        for version in VERSION_MIN..=VERSION_MAX {
            for id in [None, Some("a/b/c")] {
                let terms = Terms { transactional_id: id, acks: -1, timeout_ms: 30_000 };
                let parts = write(version, terms, topics.into_iter());
                assert!(parts.iter().any(|part| part.as_ptr() == batch.as_ptr()));
                let mut expected = BytesMut::new();
                let request = request(id, &topics);
                request.encode(&mut expected, version).expect("encoded");
                assert_eq!(parts.concat(), expected, "version {version}, {id:?}");
            }
        }
    }

    fn request(id: Option<&'static str>, topics: &[(&str, &[(i32, Bytes)])]) -> ProduceRequest {
        let topics = topics.iter().map(|(topic, partitions)| {
            let partitions = partitions.iter().map(|(index, batch)| {
                PartitionProduceData::default().with_index(*index).with_records(Some(batch.clone()))
            });
            TopicProduceData::default()
                .with_name(TopicName(StrBytes::from_string((*topic).to_owned())))
                .with_partition_data(partitions.collect())
        });
        ProduceRequest::default()
            .with_transactional_id(id.map(|id| TransactionalId(StrBytes::from_static_str(id))))
            .with_acks(-1)
            .with_timeout_ms(30_000)
            .with_topic_data(topics.collect())
    }
}
