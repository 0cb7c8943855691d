//! One node: a Java process with a data folder and ports that survive a restart.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use parking_lot::Mutex;

use super::properties::{NodePlan, Plan};
use super::{SASL_PASSWORD, SASL_USER};
use crate::process::Process;

/// Heap of the only node.
const HEAP_SINGLE: &str = "-Xmx512m";
/// Heap of each of three.
const HEAP_THREE: &str = "-Xmx384m";

/// A node of a cluster, running or not.
pub(super) struct Node {
    pub(super) id: i32,
    pub(super) jmx: u16,
    pub(super) libraries: String,
    plan: NodePlan,
    cluster_id: String,
    heap: &'static str,
    log4j: PathBuf,
    scratch: PathBuf,
    process: Mutex<Option<Process>>,
}

impl Node {
    pub(super) fn all(plan: &Plan, libraries: &str) -> anyhow::Result<Vec<Node>> {
        let heap = if plan.nodes.len() > 1 { HEAP_THREE } else { HEAP_SINGLE };
        let node = |node: &NodePlan| Node {
            id: node.id,
            jmx: node.jmx,
            libraries: libraries.to_owned(),
            plan: node.clone(),
            cluster_id: plan.cluster_id.clone(),
            heap,
            log4j: plan.log4j.clone(),
            scratch: plan.scratch.clone(),
            process: Mutex::new(None),
        };
        Ok(plan.nodes.iter().map(node).collect())
    }

    /// `host:port` of the plaintext listener.
    pub(super) fn plaintext(&self) -> String {
        format!("127.0.0.1:{}", self.plan.plaintext)
    }

    /// `host:port` of the SASL_SSL listener.
    pub(super) fn sasl_ssl(&self) -> Option<String> {
        self.plan.sasl_ssl.map(|port| format!("127.0.0.1:{port}"))
    }

    /// `host:port` of the listeners behind relays.
    pub(super) fn relayed(&self) -> Vec<String> {
        self.plan.relayed.iter().map(|(port, _)| format!("127.0.0.1:{port}")).collect()
    }

    /// The process id, if it runs.
    pub(super) fn pid(&self) -> Option<u32> {
        self.process.lock().as_ref().map(Process::id)
    }

    pub(super) fn log(&self) -> PathBuf {
        self.plan.folder.join("log.txt")
    }

    pub(super) fn output(&self) -> String {
        let bytes = std::fs::read(self.log()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub(super) fn is_running(&self) -> bool {
        self.process.lock().as_mut().is_some_and(|process| process.ended().is_none())
    }

    /// Prepares the data folder.
    pub(super) async fn format(&self) -> anyhow::Result<()> {
        let mut command = tool(&self.libraries, &self.log4j);
        command
            .args(["kafka.tools.StorageTool", "format", "-t", &self.cluster_id, "-c"])
            .arg(self.plan.properties());
        if self.plan.sasl_ssl.is_some() {
            for mechanism in ["SCRAM-SHA-512", "SCRAM-SHA-256"] {
                let user = format!("{mechanism}=[name={SASL_USER},password={SASL_PASSWORD}]");
                command.args(["--add-scram", &user]);
            }
        }
        output(command).await.map(drop).context("cannot format a Kafka data folder")
    }

    /// Starts the process; nobody waits for it here.
    pub(super) fn start(&self) -> anyhow::Result<()> {
        let mut process = self.process.lock();
        if process.as_mut().is_some_and(|process| process.ended().is_none()) {
            return Ok(());
        }
        let mut command = Command::new("java");
        command
            .args([self.heap, "-XX:+UseSerialGC", "-Xshare:auto", "-Djava.awt.headless=true"])
            .arg(format!("-Dlog4j2.configurationFile={}", self.log4j.display()))
            .args(self.jmx_flags())
            .args(["-cp", &self.libraries, "kafka.Kafka"])
            .arg(self.plan.properties());
        *process = Some(Process::spawn(command, &self.log(), Some(&self.scratch))?);
        Ok(())
    }

    fn jmx_flags(&self) -> Vec<String> {
        let port = self.jmx;
        let flags = [
            format!("port={port}"),
            format!("rmi.port={port}"),
            "host=127.0.0.1".to_owned(),
            "authenticate=false".to_owned(),
            "ssl=false".to_owned(),
        ];
        let mut flags: Vec<String> =
            flags.iter().map(|flag| format!("-Dcom.sun.management.jmxremote.{flag}")).collect();
        flags.push("-Djava.rmi.server.hostname=127.0.0.1".to_owned());
        flags
    }

    /// Asks the process to end and waits; kills it when it does not.
    pub(super) async fn stop(&self, limit: Duration) -> anyhow::Result<()> {
        let Some(mut process) = self.process.lock().take() else {
            return Ok(());
        };
        process.signal("TERM");
        // Dropping it kills what is left.
        process.wait(limit).await.map(drop)
    }

    pub(super) fn kill(&self) {
        drop(self.process.lock().take());
    }

    pub(super) fn signal(&self, name: &str) -> anyhow::Result<()> {
        self.process.lock().as_ref().context("the node is not running")?.signal(name);
        Ok(())
    }
}

/// A Java tool's command, small and quick to start.
pub(super) fn tool(libraries: &str, log4j: &Path) -> Command {
    let mut command = Command::new("java");
    command
        .args(["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"])
        .arg(format!("-Dlog4j2.configurationFile={}", log4j.display()))
        .args(["-cp", libraries]);
    command
}

/// Runs a tool to its end and gives its standard output.
pub(super) async fn output(mut command: Command) -> anyhow::Result<String> {
    let run = move || command.stdin(Stdio::null()).output();
    let output = tokio::task::spawn_blocking(run).await?.context("cannot start java")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{}:\n{text}{errors}", output.status);
    Ok(text)
}

impl Node {
    /// A Java tool of Kafka's own, for this node.
    pub(super) fn tool(&self) -> Command {
        tool(&self.libraries, &self.log4j)
    }
}
