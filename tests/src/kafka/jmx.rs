//! The broker's own count of bytes sent to consumers, read over JMX with Kafka's own tool. A new
//! Java process for each reading (about a second): read before and after, not in a loop.

use anyhow::Context;

use super::node::{Node, output};

/// Bytes out of one node, of one topic or of all; 0 before the first fetch.
pub(super) async fn bytes_out(node: &Node, topic: Option<&str>) -> anyhow::Result<u64> {
    let name = "kafka.server:type=BrokerTopicMetrics,name=BytesOutPerSec";
    let object = match topic {
        None => name.to_owned(),
        Some(topic) => format!("{name},topic={topic}"),
    };
    let url = format!("service:jmx:rmi:///jndi/rmi://127.0.0.1:{}/jmxrmi", node.jmx);
    let mut command = node.tool();
    command
        .args(["org.apache.kafka.tools.JmxTool", "--jmx-url", &url])
        .args(["--object-name", &object, "--attributes", "Count"])
        .args(["--report-format", "properties", "--one-time"]);
    match output(command).await {
        Ok(report) => count(&report),
        // The tool fails on a metric that is not there yet: nobody has fetched.
        Err(error) if error.to_string().contains("No matched attributes") => Ok(0),
        Err(error) => Err(error).context("JMX cannot be read"),
    }
}

/// The `…:Count=123` line of a report; without one nothing was counted yet.
fn count(report: &str) -> anyhow::Result<u64> {
    let line = report.lines().find(|line| line.contains(":Count=") || line.contains(",Count="));
    let Some((_, value)) = line.and_then(|line| line.rsplit_once('=')) else {
        return Ok(0);
    };
    let value = value.trim().trim_matches('"');
    value.parse().with_context(|| format!("not a count: {value}"))
}
