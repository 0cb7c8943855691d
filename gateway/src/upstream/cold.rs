//! Reads chunks of history on connections of their own: a replay never delays live fetching.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::{
    Fetched, Isolation, UpstreamError,
    backoff::Backoff,
    brokers::Lane,
    codes,
    core::Core,
    failure::Failure,
    fetch::{self, Ask, Terms},
    topology::{Leader, Placement},
};
use crate::wire::fetch_answer::PartitionAnswer;

/// How long a broker waits for records beyond the end of the log.
const WAIT: Duration = Duration::from_millis(100);
/// How long one read may be repeated while leaders move or brokers restart.
const READ_DEADLINE: Duration = Duration::from_secs(10);
/// Most bytes asked for in one call.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// One chunk to read.
#[derive(Clone, Copy)]
pub(super) struct Chunk<'a> {
    pub(super) topic: &'a str,
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) bytes_max: usize,
    pub(super) isolation: Isolation,
}

/// Reads a chunk; the batches begin at or before the offset.
pub(super) async fn read(core: &Core, chunk: Chunk<'_>) -> Result<Fetched, UpstreamError> {
    let started = Instant::now();
    let mut backoff = Backoff::default();
    let mut refresh = false;
    loop {
        let placement = core.placement(chunk.topic, refresh).await?;
        let failure = match ask(core, &placement, chunk).await {
            Ok(part) if part.error == 0 => match take(core, part, chunk) {
                Ok(fetched) => return Ok(fetched),
                Err(failure) => failure,
            },
            Ok(part) => {
                fetch::count_error(&core.metrics, codes::name(part.error));
                match part.error {
                    codes::OFFSET_OUT_OF_RANGE => return Err(UpstreamError::OffsetOutOfRange),
                    codes::TOPIC_AUTHORIZATION_FAILED => {
                        return Err(UpstreamError::UnknownTopic {
                            cluster: core.name().to_owned(),
                            topic: chunk.topic.to_owned(),
                        });
                    }
                    code => refused(chunk, codes::name(code)),
                }
            }
            Err(failure) => failure,
        };
        if started.elapsed() >= READ_DEADLINE {
            return Err(failure.into_error(core.name()));
        }
        refresh = true;
        sleep(backoff.next()).await;
    }
}

async fn ask(
    core: &Core,
    placement: &Arc<Placement>,
    chunk: Chunk<'_>,
) -> Result<PartitionAnswer, Failure> {
    let leader = placement.leader(chunk.partition);
    let Some(Leader { broker: Some(id), epoch }) = leader else {
        return Err(refused(chunk, "no leader"));
    };
    let broker = core.brokers.broker(id);
    let broker = broker.ok_or_else(|| refused(chunk, "the leader is not listed"))?;
    let mut lease = core.brokers.lease(&broker, Lane::Cold).await?;
    let connection = lease.connection()?;
    let bytes_max = i32::try_from(chunk.bytes_max.clamp(1, BYTES_MAX)).unwrap_or(i32::MAX);
    let asks = [Ask {
        topic: chunk.topic,
        topic_id: placement.topic.id,
        partition: chunk.partition,
        offset: chunk.offset,
        leader_epoch: epoch,
        last_fetched_epoch: -1,
    }];
    let terms = Terms {
        wait_ms: WAIT.as_millis() as i32,
        bytes_max,
        partition_bytes_max: bytes_max,
        isolation: chunk.isolation,
    };
    let version = fetch::version(connection, &asks)?;
    let request = fetch::request(&asks, &terms, version);
    let answer = connection.fetch(&request, version, WAIT).await?;
    if answer.error != 0 {
        return Err(refused(chunk, codes::name(answer.error)));
    }
    let [ask] = &asks;
    let mut parts = answer.partitions.into_iter();
    let part = parts.find(|part| fetch::belongs(part, ask));
    part.ok_or_else(|| refused(chunk, "not in the answer"))
}

fn take(core: &Core, part: PartitionAnswer, chunk: Chunk<'_>) -> Result<Fetched, Failure> {
    let had_bytes = !part.records.is_empty();
    let how = ("cold", chunk.isolation);
    let (fetched, classified) = fetch::fetched(part, chunk.offset, how, &core.metrics);
    match classified.stopped {
        Some(error) if fetched.batches.is_empty() => {
            fetch::count_error(&core.metrics, "UNREADABLE_BATCH");
            Err(refused(chunk, &format!("offset {}: {error}", chunk.offset)))
        }
        None if fetched.batches.is_empty() && had_bytes => {
            Err(refused(chunk, "the answer holds no whole batch"))
        }
        _ => Ok(fetched),
    }
}

fn refused(chunk: Chunk<'_>, what: &str) -> Failure {
    let (topic, partition) = (chunk.topic, chunk.partition);
    Failure::unreachable(format!("partition {partition} of topic {topic}: {what}"))
}
