//! Kafka's own performance tools (Java), as processes: what their users see.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::data::{BATCH_BYTES, RECORD_BYTES};
use super::stand::{Side, Stand};

/// Megabytes, not mebibytes, everywhere in the results.
const MB_PER_MIB: f64 = 1.048_576;
/// As the tools' users set it; the same for all sides.
const JVM: [&str; 3] = ["-Xms512m", "-Xmx512m", "-XX:+UseParallelGC"];
/// How long the consumer waits for records.
const SILENCE: Duration = Duration::from_secs(30);

/// What the tool says it reached.
#[derive(Clone, Copy, Debug)]
pub struct Reached {
    /// Megabytes a second, joining the group left out.
    pub mb_per_second: f64,
    /// Megabytes in all.
    pub mb: f64,
}

/// `kafka-consumer-perf-test`: reads a topic from its beginning.
///
/// # Errors
/// When the tool fails, or did not get everything.
pub fn consume(stand: &Stand, side: Side, topic: &str, count: usize) -> Result<Reached> {
    let mut command = tool("org.apache.kafka.tools.ConsumerPerformance")?;
    command
        .args(["--bootstrap-server", &stand.bootstrap(side)?])
        .args(["--topic", &side.topic(topic)])
        .args(["--num-records", &count.to_string()])
        .args(["--group", &format!("bench-{}", super::rounds::unique())])
        .args(["--fetch-size", "1048576", "--hide-header"])
        .args(["--timeout", &SILENCE.as_millis().to_string()])
        .arg("--command-config")
        .arg(stand.properties(side)?);
    let output = run(command)?;
    let reached = consumed(&output).with_context(|| format!("not understood: {output}"))?;
    let wanted = (count * RECORD_BYTES) as f64 / 1e6;
    ensure!(reached.mb >= wanted * 0.99, "{} of {wanted} MB came: {output}", reached.mb);
    Ok(reached)
}

/// `kafka-producer-perf-test`: writes as fast as it can, `acks=1`.
///
/// # Errors
/// When the tool fails.
pub fn produce(stand: &Stand, side: Side, topic: &str, count: usize) -> Result<Reached> {
    let mut command = tool("org.apache.kafka.tools.ProducerPerformance")?;
    command
        .args(["--bootstrap-server", &stand.bootstrap(side)?])
        .args(["--topic", &side.topic(topic)])
        .args(["--num-records", &count.to_string(), "--throughput", "-1"])
        .args(["--record-size", &RECORD_BYTES.to_string()])
        .arg("--command-config")
        .arg(stand.properties(side)?)
        .args(["--command-property", "acks=1"])
        .args(["--command-property", "linger.ms=5"])
        .args(["--command-property", &format!("batch.size={BATCH_BYTES}")]);
    let output = run(command)?;
    let line = output.lines().rev().find(|line| line.contains("MB/sec"));
    let rate = line.and_then(|line| {
        let (_, rest) = line.split_once('(')?;
        rest.split_whitespace().next()?.parse::<f64>().ok()
    });
    let rate = rate.with_context(|| format!("not understood: {output}"))?;
    Ok(Reached { mb_per_second: rate * MB_PER_MIB, mb: (count * RECORD_BYTES) as f64 / 1e6 })
}

/// The consumer's line: `start, end, MB, MB/s, records, records/s, rebalance ms, fetch ms, fetch
/// MB/s, fetch records/s`.
fn consumed(output: &str) -> Option<Reached> {
    let line = output.lines().rev().find(|line| line.split(", ").count() == 10)?;
    let field = |index: usize| line.split(", ").nth(index)?.trim().parse::<f64>().ok();
    Some(Reached { mb_per_second: field(8)? * MB_PER_MIB, mb: field(2)? * MB_PER_MIB })
}

fn tool(class: &str) -> Result<Command> {
    let mut command = Command::new("java");
    command
        .args(JVM)
        .arg("-Dlog4j2.level=ERROR")
        .args(["-cp", &::tests::kafka::class_path()?, class])
        .stdin(Stdio::null());
    Ok(command)
}

fn run(mut command: Command) -> Result<String> {
    let output = command.output().context("cannot start java")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {text}{errors}", output.status);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tools_line_is_understood() {
        let line = "2026-01-01 00:00:00:000, 2026-01-01 00:00:02:000, 1000.0, 400.0, 1024000, \
                    500000.0, 500, 2000, 500.0, 512000.0\n";
        let reached = consumed(line).unwrap();
        assert!((reached.mb_per_second - 524.288).abs() < 0.001);
        assert!(consumed("WARN something\n").is_none());
    }
}
