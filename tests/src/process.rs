//! A child process that never outlives the test: in a process group of its own, killed on drop, and
//! watched by a tiny shell that kills it when the test process ends in any other way (SIGKILL,
//! abort, or a static that is never dropped).

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

/// Waits until the test process is gone (its end of the pipe closes), then kills the group and
/// removes the folder.
const WATCHDOG: &str =
    r#"read -r _; kill -s KILL -- "-$1"; sleep 0.3; [ -z "$2" ] || rm -rf -- "$2""#;
/// How often an exit is looked for.
const POLL: Duration = Duration::from_millis(10);

/// A running child process with its group and watchdog.
#[derive(Debug)]
pub struct Process {
    child: Child,
    watchdog: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` with standard output and error appended to `log`. When this process dies
    /// without dropping it, the child is killed and `scratch` removed.
    pub fn spawn(
        mut command: Command,
        log: &Path,
        scratch: Option<&Path>,
    ) -> anyhow::Result<Process> {
        let output = File::options().create(true).append(true).open(log)?;
        let what = command.get_program().to_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {what:?}"))?;
        let watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "watchdog", &child.id().to_string()])
            .arg(scratch.map_or("".as_ref(), Path::as_os_str))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("cannot start sh")?;
        Ok(Process { child, watchdog, log: log.to_owned() })
    }

    /// The process id, which is also its group's.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where its output goes.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Its output so far.
    pub fn output(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The exit status if it has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Sends a signal by name (`TERM`, `STOP`, `CONT`, …) to the process.
    pub fn signal(&self, name: &str) {
        send(name, &self.child.id().to_string());
    }

    /// Waits until it has ended.
    pub async fn wait(&mut self, limit: Duration) -> anyhow::Result<ExitStatus> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                return Ok(status);
            }
            anyhow::ensure!(start.elapsed() < limit, "still running after {limit:?}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// Kills the whole group and waits for the process itself.
    pub fn kill(&mut self) {
        if self.ended().is_none() {
            send("KILL", &format!("-{}", self.child.id()));
            // A killed process ends at once; nothing is left to do if waiting fails.
            let _ = self.child.wait();
        }
    }

    /// Resident memory in bytes, from `/proc`.
    pub fn resident_bytes(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB")).context("no VmRSS")?;
        Ok(kib.trim().parse::<u64>()? * 1024)
    }

    /// User and system CPU time used so far, from `/proc` (in ticks of 10 ms).
    pub fn cpu_time(&self) -> anyhow::Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let (_, rest) = stat.rsplit_once(')').context("odd /proc stat")?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        // Fields 14 and 15 of proc(5); the first two are cut off. USER_HZ is 100 on Linux.
        let ticks = |index: usize| -> anyhow::Result<u64> {
            Ok(fields.get(index).context("short /proc stat")?.parse()?)
        };
        Ok(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
    }

    /// Open file descriptors.
    pub fn open_files(&self) -> anyhow::Result<usize> {
        Ok(std::fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The watchdog first: it must not kill a group id that the system has given away again.
        let _ = self.watchdog.kill();
        let _ = self.watchdog.wait();
        self.kill();
    }
}

/// Sends a signal through the shell's own `kill`: no `unsafe`, and no package to install.
fn send(signal: &str, target: &str) {
    let script = r#"kill -s "$1" -- "$2""#;
    // It fails when the target is gone, which is what the caller wants.
    let _ = Command::new("sh")
        .args(["-c", script, "kill", signal, target])
        .stderr(Stdio::null())
        .status();
}
