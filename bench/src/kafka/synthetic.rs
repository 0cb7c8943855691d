//! A broker that costs as little as possible (this program's role `upstream`): one endless topic of
//! real batches, held once in memory and written with vectored writes, with only the offsets made
//! for each answer; one topic of one small record. It takes the JVM off the cores, so that what
//! stands before it is what is measured.

use std::io::{IoSlice, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{
    ApiKey, ApiVersionsResponse, BrokerId, FetchRequest, ListOffsetsRequest, ListOffsetsResponse,
    MetadataRequest, MetadataResponse, RequestHeader,
};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes, decode_request_header_from_buffer};
use tests::kafka::wire;
use tests::scripted_broker::{Batch, BatchRecord};

use super::data;

/// The endless topic, of [`BULK_PARTITIONS`].
pub const BULK: &str = "bulk";
/// Partitions of the endless topic.
pub const BULK_PARTITIONS: i32 = 4;
/// The topic of one small record at offset 0.
pub const TINY: &str = "tiny";
/// Where the endless topic ends all the same: nobody comes there.
pub const BULK_END: i64 = 1 << 40;
/// Bytes of the small record.
const TINY_BYTES: usize = 256;
/// Records of a batch of the endless topic: 128 KiB, as in the topics on the real broker.
const BATCH_RECORDS: i64 = 127;

const NODE: i32 = 1;
/// Served APIs.
const VERSIONS: [(ApiKey, i16, i16); 4] = [
    (ApiKey::Fetch, 4, 11),
    (ApiKey::ListOffsets, 1, 5),
    (ApiKey::Metadata, 1, 8),
    (ApiKey::ApiVersions, 0, 2),
];
/// The longest that an answer without records is held.
const HOLD_MAX: Duration = Duration::from_secs(1);
/// Larger requests are an error of the client.
const REQUEST_BYTES_MAX: usize = 1024 * 1024;
/// Batches of one answer at most.
const BATCHES_MAX: usize = 400;

struct Broker {
    address: SocketAddr,
    /// One batch without its base offset.
    bulk: Vec<u8>,
    tiny: Vec<u8>,
}

/// Runs the broker until the process is ended.
///
/// # Errors
/// When the address cannot be listened on.
pub fn run(address: SocketAddr) -> Result<()> {
    let values = data::values();
    let records = values.iter().take(usize::try_from(BATCH_RECORDS)?);
    let records = records.map(|value| BatchRecord::value(value.clone())).collect();
    let bulk = Batch { records, ..Batch::default() }.bytes(0, 0).split_off(8);
    let tiny = Batch::of(&[vec![b'x'; TINY_BYTES]]).bytes(0, 0).split_off(8);
    let broker = Arc::new(Broker { address, bulk, tiny });
    for socket in TcpListener::bind(address)?.incoming() {
        let (socket, broker) = (socket?, Arc::clone(&broker));
        // A client that goes away ends its thread with an error that concerns nobody.
        std::thread::spawn(move || broker.serve(socket));
    }
    Ok(())
}

impl Broker {
    fn serve(&self, mut socket: TcpStream) -> Result<()> {
        socket.set_nodelay(true)?;
        loop {
            let mut length = [0; 4];
            socket.read_exact(&mut length)?;
            let length = usize::try_from(i32::from_be_bytes(length))?;
            ensure!(length <= REQUEST_BYTES_MAX, "a request of {length} bytes");
            let mut frame = vec![0; length];
            socket.read_exact(&mut frame)?;
            let mut body = Bytes::from(frame);
            let header = decode_request_header_from_buffer(&mut body)?;
            let version = header.request_api_version;
            match ApiKey::try_from(header.request_api_key) {
                Ok(ApiKey::Fetch) => {
                    let asked = FetchRequest::decode(&mut body, version)?;
                    self.fetch(&mut socket, &header, &asked)?;
                }
                Ok(ApiKey::ApiVersions) => {
                    // What is not known is answered in version 0 (KIP-511).
                    let known = if version <= VERSIONS[3].2 { version } else { 0 };
                    answer(&mut socket, (&header, known), &api_versions(version))?;
                }
                Ok(ApiKey::Metadata) => {
                    let asked = MetadataRequest::decode(&mut body, version)?;
                    answer(&mut socket, (&header, version), &self.metadata(&asked))?;
                }
                Ok(ApiKey::ListOffsets) => {
                    let asked = ListOffsetsRequest::decode(&mut body, version)?;
                    answer(&mut socket, (&header, version), &list_offsets(&asked))?;
                }
                _ => bail!("API {} is not served", header.request_api_key),
            }
        }
    }

    fn metadata(&self, asked: &MetadataRequest) -> MetadataResponse {
        let names = asked.topics.iter().flatten().filter_map(|topic| topic.name.clone());
        let topics = names.map(|name| {
            let count = if name.as_str() == BULK { BULK_PARTITIONS } else { 1 };
            let partitions = (0..count).map(|index| {
                MetadataResponsePartition::default()
                    .with_partition_index(index)
                    .with_leader_id(BrokerId(NODE))
                    .with_leader_epoch(0)
                    .with_replica_nodes(vec![BrokerId(NODE)])
                    .with_isr_nodes(vec![BrokerId(NODE)])
            });
            MetadataResponseTopic::default()
                .with_name(Some(name))
                .with_partitions(partitions.collect())
        });
        let broker = MetadataResponseBroker::default()
            .with_node_id(BrokerId(NODE))
            .with_host(StrBytes::from_string(self.address.ip().to_string()))
            .with_port(i32::from(self.address.port()));
        MetadataResponse::default()
            .with_brokers(vec![broker])
            .with_cluster_id(Some(StrBytes::from_static_str("synthetic")))
            .with_controller_id(BrokerId(NODE))
            .with_topics(topics.collect())
    }

    /// Answers with records of the first partition that has some; the others are empty.
    fn fetch(
        &self,
        socket: &mut TcpStream,
        header: &RequestHeader,
        asked: &FetchRequest,
    ) -> Result<()> {
        let mut parts: Vec<Part<'_>> = Vec::new();
        for topic in &asked.topics {
            let (batch, per_batch, end) = match topic.topic.as_str() {
                BULK => (&self.bulk, BATCH_RECORDS, BULK_END / BATCH_RECORDS * BATCH_RECORDS),
                _ => (&self.tiny, 1, 1),
            };
            for partition in &topic.partitions {
                let limit = partition.partition_max_bytes.min(asked.max_bytes);
                let fits = usize::try_from(limit)? / (batch.len() + 8);
                let full = parts.iter().any(|part| !part.bases.is_empty());
                let (from, count) = match partition.fetch_offset {
                    offset if offset < end && !full => {
                        (offset - offset % per_batch, fits.clamp(1, BATCHES_MAX))
                    }
                    _ => (0, 0),
                };
                let bases = (0_i64..).take(count).map(|index| from + index * per_batch);
                let bases = bases.filter(|base| *base < end).map(i64::to_be_bytes).collect();
                let (topic, partition) = (topic.topic.as_str(), partition.partition);
                parts.push(Part { topic, partition, end, batch, bases });
            }
        }
        if parts.iter().all(|part| part.bases.is_empty()) {
            let wait = Duration::from_millis(u64::try_from(asked.max_wait_ms).unwrap_or(0));
            std::thread::sleep(wait.min(HOLD_MAX));
        }
        write_fetch(socket, header, &parts)
    }
}

/// One partition of an answer: as many times the batch as there are base offsets.
struct Part<'a> {
    topic: &'a str,
    partition: i32,
    end: i64,
    batch: &'a [u8],
    bases: Vec<[u8; 8]>,
}

/// Versions 4 to 11, one topic entry per partition.
fn write_fetch(socket: &mut TcpStream, header: &RequestHeader, parts: &[Part<'_>]) -> Result<()> {
    let version = header.request_api_version;
    let mut own = BytesMut::new();
    own.put_i32(header.correlation_id);
    own.put_i32(0);
    if version >= 7 {
        own.put_i16(0);
        own.put_i32(0);
    }
    own.put_i32(i32::try_from(parts.len())?);
    let mut heads = Vec::new();
    let mut length = 0;
    for part in parts {
        own.put_i16(i16::try_from(part.topic.len())?);
        own.put_slice(part.topic.as_bytes());
        own.put_i32(1);
        own.put_i32(part.partition);
        own.put_i16(0);
        own.put_i64(part.end);
        own.put_i64(part.end);
        if version >= 5 {
            own.put_i64(0);
        }
        own.put_i32(0);
        if version >= 11 {
            own.put_i32(-1);
        }
        let records = part.bases.len() * (part.batch.len() + 8);
        own.put_i32(i32::try_from(records)?);
        length += records;
        heads.push(own.split().freeze());
    }
    length += heads.iter().map(Bytes::len).sum::<usize>();
    let prefix = i32::try_from(length)?.to_be_bytes();
    let mut slices = vec![IoSlice::new(&prefix)];
    for (head, part) in heads.iter().zip(parts) {
        slices.push(IoSlice::new(head));
        for base in &part.bases {
            slices.push(IoSlice::new(base));
            slices.push(IoSlice::new(part.batch));
        }
    }
    let mut left = slices.as_mut_slice();
    while !left.is_empty() {
        let written = socket.write_vectored(left)?;
        ensure!(written > 0, "the client takes nothing");
        IoSlice::advance_slices(&mut left, written);
    }
    Ok(())
}

fn answer<A: Encodable>(
    socket: &mut TcpStream,
    (header, version): (&RequestHeader, i16),
    body: &A,
) -> Result<()> {
    let mut frame = BytesMut::new();
    frame.put_i32(0);
    frame.put_i32(header.correlation_id);
    // None of the served versions has a header with tagged fields.
    body.encode(&mut frame, version)?;
    let length = i32::try_from(frame.len() - 4)?;
    frame.get_mut(..4).context("no room")?.copy_from_slice(&length.to_be_bytes());
    Ok(socket.write_all(&frame)?)
}

fn api_versions(version: i16) -> ApiVersionsResponse {
    let keys = VERSIONS.iter().map(|(api, low, high)| {
        ApiVersion::default()
            .with_api_key(*api as i16)
            .with_min_version(*low)
            .with_max_version(*high)
    });
    let code = if version <= VERSIONS[3].2 { 0 } else { 35 };
    ApiVersionsResponse::default().with_error_code(code).with_api_keys(keys.collect())
}

fn list_offsets(asked: &ListOffsetsRequest) -> ListOffsetsResponse {
    let topics = asked.topics.iter().map(|topic| {
        let end =
            if topic.name.as_str() == BULK { BULK_END / BATCH_RECORDS * BATCH_RECORDS } else { 1 };
        let partitions = topic.partitions.iter().map(|partition| {
            ListOffsetsPartitionResponse::default()
                .with_partition_index(partition.partition_index)
                .with_timestamp(-1)
                .with_leader_epoch(0)
                .with_offset(if partition.timestamp == -2 { 0 } else { end })
        });
        ListOffsetsTopicResponse::default()
            .with_name(wire::topic_name(&topic.name))
            .with_partitions(partitions.collect())
    });
    ListOffsetsResponse::default().with_topics(topics.collect())
}
