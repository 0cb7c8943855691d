//! The latest records of a topic, to be looked at: few, bounded, in memory only.

use std::sync::Arc;

use catalog::inspect::{
    Content, InspectError, InspectPermit, PartitionSpan, SampledRecord, TopicQuery,
};

use super::{told, topics};
use crate::{
    upstream::{BatchKind, FetchedBatch, Isolation, UpstreamCluster, UpstreamError},
    wire::{
        WireError,
        codec::{self, Codec},
        record::Records,
    },
};

/// Partitions that are read from: those with the most records.
const PARTITIONS_MAX: usize = 8;
/// Bytes asked for at a time.
const FETCH_BYTES: usize = 1024 * 1024;
/// Times that a partition is read on towards its end.
const FETCHES_PER_PARTITION_MAX: usize = 4;
/// Bytes of a batch's records; what is larger is left out.
const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of a key, a value or a header; of what is longer only the length is told.
const CONTENT_BYTES_MAX: usize = 64 * 1024;
/// Headers of a record.
const HEADERS_MAX: usize = 50;
/// How much further back is looked when the last offsets hold no records: aborted transactions
/// and markers do not count.
const FURTHER_BACK: i64 = 50;

/// The latest records of the permit's topic, the newest first.
pub(super) async fn latest(
    upstream: &Arc<UpstreamCluster>,
    permit: &InspectPermit,
) -> Result<Vec<SampledRecord>, InspectError> {
    let topic = permit.topic();
    let query = TopicQuery { only: Some(topic.to_owned()), limit: 1, ..TopicQuery::default() };
    let page = topics::page(&upstream.core, &query).await?;
    let report = page.topics.into_iter().next().unwrap_or_default();
    if let (true, Some(note)) = (report.spans.is_empty(), report.notes.last()) {
        let cluster = permit.cluster().to_owned();
        let reason = format!("topic {topic}: {note}");
        return Err(InspectError::Unreachable { cluster, reason });
    }
    let long = |span: &PartitionSpan| span.latest.saturating_sub(span.earliest);
    let mut spans: Vec<_> = report.spans.into_iter().filter(|span| long(span) > 0).collect();
    spans.sort_by_key(|span| std::cmp::Reverse(long(span)));
    spans.truncate(PARTITIONS_MAX);
    let count = permit.count();
    let few = i64::try_from(count).unwrap_or(i64::MAX);
    let mut found = Vec::new();
    for span in spans {
        let mut of_it = Vec::new();
        for back in [few, few.saturating_mul(FURTHER_BACK)] {
            let from = span.earliest.max(span.latest.saturating_sub(back));
            of_it = read(upstream, topic, PartitionSpan { earliest: from, ..span }).await?;
            if !of_it.is_empty() || from == span.earliest {
                break;
            }
        }
        of_it.drain(..of_it.len().saturating_sub(count));
        found.append(&mut of_it);
    }
    found.sort_by_key(|one| std::cmp::Reverse((one.timestamp_ms, one.offset)));
    found.truncate(count);
    Ok(found)
}

/// Reads a partition from an offset to its end, as far as the bounds go.
async fn read(
    upstream: &Arc<UpstreamCluster>,
    topic: &str,
    span: PartitionSpan,
) -> Result<Vec<SampledRecord>, InspectError> {
    let (mut next, mut found) = (span.earliest, Vec::new());
    for _ in 0..FETCHES_PER_PARTITION_MAX {
        if next >= span.latest {
            break;
        }
        let at = (topic, span.partition);
        let fetched = upstream.fetch(at, next, FETCH_BYTES, Isolation::Committed).await;
        let fetched = fetched.map_err(|error| denied(error, topic))?;
        let Some(last) = fetched.batches.last() else { break };
        next = last.batch.header.last_offset().saturating_add(1).max(next.saturating_add(1));
        let batches = fetched.batches;
        let decode = move || {
            let decoded = batches.iter().map(|batch| decode(batch, span).unwrap_or_default());
            decoded.flatten().collect::<Vec<_>>()
        };
        // Decompressing takes a while: not on a thread that serves others.
        let decoded = tokio::task::spawn_blocking(decode).await;
        found.extend(decoded.unwrap_or_default());
    }
    Ok(found)
}

/// The topic was there a moment ago: who does not get it now may not read it.
fn denied(error: UpstreamError, topic: &str) -> InspectError {
    match error {
        UpstreamError::UnknownTopic { cluster, topic } => {
            InspectError::Denied { cluster, topic, operation: "READ" }
        }
        error => told(error, topic),
    }
}

/// Records of a batch within a span.
fn decode(fetched: &FetchedBatch, span: PartitionSpan) -> Result<Vec<SampledRecord>, WireError> {
    if fetched.kind != BatchKind::Data {
        return Ok(Vec::new());
    }
    let header = &fetched.batch.header;
    let mut decompressed = Vec::new();
    let section = match header.codec()? {
        Codec::None => fetched.batch.records(),
        codec => {
            let compressed = fetched.batch.records();
            codec::decompress(codec, compressed, &mut decompressed, BATCH_BYTES_MAX)?;
            decompressed.as_slice()
        }
    };
    let count = usize::try_from(header.record_count).map_err(|_| WireError::BadLength)?;
    let content = |bytes: Option<&[u8]>| Content::read(bytes, CONTENT_BYTES_MAX);
    let mut found = Vec::new();
    for record in Records::new(section, count, header.last_offset_delta) {
        let record = record?;
        let offset = header.base_offset.saturating_add(i64::from(record.offset_delta));
        if offset < span.earliest || offset >= span.latest {
            continue;
        }
        let timestamp_ms = match header.is_log_append_time() {
            true => header.max_timestamp,
            false => header.base_timestamp.saturating_add(record.timestamp_delta),
        };
        let headers = record.headers.iter().take(HEADERS_MAX).map(|header| {
            (String::from_utf8_lossy(header.name).into_owned(), content(header.value))
        });
        found.push(SampledRecord {
            partition: span.partition,
            offset,
            timestamp_ms,
            key: content(record.key),
            headers: headers.collect(),
            value: content(record.value),
        });
    }
    Ok(found)
}
