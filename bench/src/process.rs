//! What the kernel says about another process: CPU time and memory. Reads `/proc` only; it
//! deliberately samples nothing in the background.

use std::fs;

use anyhow::{Context, Result, bail};

/// `USER_HZ`: the unit of CPU times in `/proc/PID/stat`, 100 on every Linux ABI.
const TICKS_PER_SECOND: f64 = 100.0;

/// User plus system time that a process and its children have used so far, in seconds. A child
/// that has ended and was waited for is not counted: servers under test keep theirs.
///
/// # Errors
/// When the process is gone.
pub fn cpu_seconds(pid: u32) -> Result<f64> {
    let mut ticks = 0;
    for pid in family(pid)? {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))
            .with_context(|| format!("process {pid} is gone"))?;
        ticks += stat_ticks(&stat).context("unreadable /proc/PID/stat")?;
    }
    Ok(ticks as f64 / TICKS_PER_SECOND)
}

/// Proportional set size of a process, in bytes: its user memory, shared pages divided among
/// those who share them.
///
/// # Errors
/// When the process is gone or its memory may not be read.
pub fn pss_bytes(pid: u32) -> Result<u64> {
    kib_line(&format!("/proc/{pid}/smaps_rollup"), "Pss:")
}

/// Resident set size of a process, in bytes.
///
/// # Errors
/// When the process is gone.
pub fn rss_bytes(pid: u32) -> Result<u64> {
    kib_line(&format!("/proc/{pid}/status"), "VmRSS:")
}

/// A process and its direct children (an nginx master and its workers).
fn family(pid: u32) -> Result<Vec<u32>> {
    let mut family = vec![pid];
    for task in fs::read_dir(format!("/proc/{pid}/task")).context("process is gone")? {
        let children = fs::read_to_string(task?.path().join("children")).unwrap_or_default();
        family.extend(children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
    }
    Ok(family)
}

/// Fields 14 and 15 of `/proc/PID/stat`. The second field, the name in parentheses, may hold
/// anything, so counting starts after its last parenthesis.
fn stat_ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn kib_line(path: &str, name: &str) -> Result<u64> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    match line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()) {
        Some(kib) => Ok(kib * 1024),
        None => bail!("{path} has no {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_read_behind_a_hostile_name() {
        let stat = "12 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0";
        assert_eq!(stat_ticks(stat), Some(300));
    }

    #[test]
    fn own_memory_and_cpu_are_there() {
        let pid = std::process::id();
        assert!(pss_bytes(pid).unwrap() > 0);
        assert!(rss_bytes(pid).unwrap() > 100_000);
        assert!(cpu_seconds(pid).unwrap() >= 0.0);
    }
}
