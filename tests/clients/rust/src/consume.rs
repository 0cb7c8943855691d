//! `consume`: one stream per partition, merged.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::SelectAll;
use rskafka::client::consumer::{StartOffset, StreamConsumerBuilder};
use rskafka::record::RecordAndOffset;
use serde_json::json;
use sha2::Digest;

use crate::contract::{Failure, Job, hex, line};

/// How long a poll waits before the end conditions are looked at again.
const POLL: std::time::Duration = std::time::Duration::from_millis(50);

pub async fn run(job: &Job) -> Result<(), Failure> {
    if job.has("group") {
        return Err(Failure::Unsupported("no groups"));
    }
    if job.text("isolation", "read_committed") != "read_committed" {
        return Err(Failure::Unsupported("it reads committed records only"));
    }
    let client = job.client().await?;
    let topics = client.list_topics().await?;
    let topic = topics.into_iter().find(|topic| topic.name == job.text("topic", ""));
    let topic = topic.ok_or_else(|| Failure::Client("no such topic".to_owned()))?;
    let mut streams = SelectAll::new();
    for partition in topic.partitions {
        let reader = Arc::new(job.partition(&client, partition).await?);
        let start = match job.text("from", "earliest") {
            "latest" => StartOffset::Latest,
            _ => StartOffset::Earliest,
        };
        let stream = StreamConsumerBuilder::new(reader, start)
            .with_max_wait_ms(i32::try_from(job.number("max-wait", 500))?)
            .with_min_batch_size(i32::try_from(job.number("min-bytes", 1))?)
            .with_max_batch_size(i32::try_from(job.number("max-bytes", 1_048_576))?)
            .build();
        streams.push(stream.map(move |got| (partition, got)));
    }
    while !job.left().is_zero() && !job.is_enough() {
        match tokio::time::timeout(POLL, streams.next()).await {
            Ok(Some((partition, Ok((got, _))))) => took(job, partition, &got),
            Ok(Some((_, Err(error)))) => line("error", &error.to_string().into()),
            Ok(None) => break,
            Err(_) => {}
        }
    }
    Ok(())
}

fn took(job: &Job, partition: i32, got: &RecordAndOffset) {
    job.took();
    let record = &got.record;
    let value = record.value.as_ref().map(|value| hex(&sha2::Sha256::digest(value)));
    let headers: Vec<_> = record.headers.iter().map(|(name, value)| (name, hex(value))).collect();
    let line_of = json!({
        "partition": partition,
        "offset": got.offset,
        "timestamp": record.timestamp.timestamp_millis(),
        "key": record.key.as_ref().map(|key| hex(key)),
        "value": value,
        "headers": headers,
    });
    line("record", &line_of);
}
