//! `produce`: one call, one batch.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::DateTime;
use rskafka::client::partition::Compression;
use rskafka::record::Record;
use serde_json::json;

use crate::contract::{Failure, Job, line};

pub async fn run(job: &Job) -> Result<(), Failure> {
    if job.has("transactional") || job.text("idempotent", "no") == "yes" {
        return Err(Failure::Unsupported("no idempotent producer"));
    }
    if job.text("acks", "all") != "all" {
        return Err(Failure::Unsupported("it always asks for all acks"));
    }
    let compression = match job.text("codec", "none") {
        "gzip" => Compression::Gzip,
        "snappy" => Compression::Snappy,
        "lz4" => Compression::Lz4,
        "zstd" => Compression::Zstd,
        _ => Compression::NoCompression,
    };
    let client = job.client().await?;
    let partition = job.partition(&client, 0).await?;
    let (first, count) = (job.number("first", 0), job.number("count", 1));
    let pause = job.number("pause", 0).unsigned_abs();
    let step = if pause > 0 { 1 } else { count.max(1) };
    for from in (first..first + count).step_by(usize::try_from(step)?) {
        let batch = (from..from + step).map(|n| record(job, n)).collect();
        let sending = partition.produce(batch, compression);
        let offsets = tokio::time::timeout(job.left(), sending).await??;
        for (n, offset) in (from..).zip(offsets) {
            job.took();
            line("sent", &json!({ "n": n, "partition": 0, "offset": offset }));
        }
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    Ok(())
}

fn record(job: &Job, n: i64) -> Record {
    let head = format!("{{\"n\":{n},\"secret\":\"s-{n}\",\"text\":\"");
    let size = usize::try_from(job.number("size", 0)).unwrap_or_default();
    let pad = "x".repeat(size.saturating_sub(head.len() + 2));
    Record {
        key: Some(format!("key-{n}").into_bytes()),
        value: Some(format!("{head}{pad}\"}}").into_bytes()),
        headers: BTreeMap::from([("n".to_owned(), n.to_string().into_bytes())]),
        timestamp: DateTime::from_timestamp_millis(1_700_000_000_000 + n).unwrap_or_default(),
    }
}
