//! How much memory the tail takes when nobody says: a share of what the machine, or the container
//! the process is in, has.

use std::fs;

/// The share: images, buffers and the allocator's own come on top of the tail's budget, so that a
/// busy process holds not quite twice this.
const SHARE: u64 = 4;

/// Not less, however small the machine: less holds only seconds of a few topics.
const LEAST: u64 = 256 << 20;

/// Not more unless asked for: a process that takes gigabytes by itself surprises its operator.
const MOST: u64 = 4 << 30;

/// The default of `tail.memory_bytes`.
pub(super) fn default_bytes() -> u64 {
    share(machine(), container())
}

fn share(machine: Option<u64>, container: Option<u64>) -> u64 {
    let there = machine.into_iter().chain(container).min().unwrap_or(0);
    (there / SHARE).clamp(LEAST, MOST)
}

/// The machine's memory, from `/proc/meminfo` (proc(5)).
fn machine() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// The container's limit (control groups, version 2 and then 1); `None`: there is none.
fn container() -> Option<u64> {
    ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        .iter()
        .find_map(|path| fs::read_to_string(path).ok())
        .and_then(|text| text.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_the_smaller_within_bounds() {
        const GIB: u64 = 1 << 30;
        assert_eq!(share(Some(8 * GIB), None), 2 * GIB);
        assert_eq!(share(Some(8 * GIB), Some(4 * GIB)), GIB);
        // Version 1 says "no limit" with a very large number.
        assert_eq!(share(Some(8 * GIB), Some(u64::MAX / 2)), 2 * GIB);
        assert_eq!(share(Some(512 << 20), None), LEAST);
        assert_eq!(share(Some(512 * GIB), None), MOST);
        assert_eq!(share(None, None), LEAST);
    }

    #[test]
    fn this_machine_says_how_much_it_has() {
        assert!(machine().is_some_and(|bytes| bytes > 0));
    }
}
