//! A file that grows by lines, as `audit export` writes them. It is synced after each batch, and
//! opened anew when it was moved away (logrotate) or somebody says so (SIGHUP). After a crash a
//! line that broke off is cut, and records that are there already are not written again.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use catalog::audit::{Checkpoint, Record, Sending, Sink};
use parking_lot::Mutex;
use tokio::signal::unix::{SignalKind, signal};

/// Bytes of the file's end that are looked at first for its last line; then twice as many.
const TAIL_BYTES_MIN: u64 = 64 * 1024;

/// Appends to a file.
pub struct FileSink {
    path: PathBuf,
    reopen: Arc<AtomicBool>,
    /// Taken by one at a time; held while the disk is waited for, by threads that may wait.
    open: Arc<Mutex<Option<Open>>>,
}

/// The file as it was opened.
struct Open {
    file: File,
    /// The last record that is in it, or a checkpoint of it.
    last: u64,
}

/// A line, and the record that it tells of.
type Line = (u64, String);

impl FileSink {
    /// A sink into this file; begins to listen to SIGHUP. Must be called inside the runtime.
    ///
    /// # Errors
    /// When the signal cannot be listened to.
    pub fn new(path: &Path) -> std::io::Result<Self> {
        let reopen = Arc::new(AtomicBool::new(false));
        let mut hangups = signal(SignalKind::hangup())?;
        let told = Arc::downgrade(&reopen);
        tokio::spawn(async move {
            while hangups.recv().await.is_some() {
                let Some(reopen) = told.upgrade() else { return };
                reopen.store(true, Ordering::Relaxed);
            }
        });
        Ok(Self { path: path.to_owned(), reopen, open: Arc::default() })
    }

    async fn append(&self, lines: Vec<Line>, again: bool) -> Result<(), String> {
        let (path, open) = (self.path.clone(), Arc::clone(&self.open));
        let anew = self.reopen.swap(false, Ordering::Relaxed);
        let task = tokio::task::spawn_blocking(move || {
            let mut open = open.lock();
            let written = append(&mut open, &path, anew, (&lines, again));
            if written.is_err() {
                // What is in it now is looked at before the next line.
                *open = None;
            }
            written.map_err(|error| format!("{}: {error}", path.display()))
        });
        task.await.map_err(|error| error.to_string())?
    }
}

impl Sink for FileSink {
    fn name(&self) -> &'static str {
        "file"
    }

    fn send<'a>(&'a mut self, records: &'a [Record]) -> Sending<'a> {
        Box::pin(async move {
            let lines = records.iter().map(|record| Ok((record.number, record.line()?)));
            let lines = lines.collect::<Result<_, catalog::store::StoreError>>();
            self.append(lines.map_err(|error| error.to_string())?, false).await
        })
    }

    fn checkpoint<'a>(&'a mut self, checkpoint: &'a Checkpoint) -> Sending<'a> {
        Box::pin(self.append(vec![(checkpoint.number, checkpoint.line())], true))
    }
}

/// Writes the lines of records that the file does not have, and syncs. `again`: also of those that
/// it has.
fn append(
    open: &mut Option<Open>,
    path: &Path,
    anew: bool,
    (lines, again): (&[Line], bool),
) -> std::io::Result<()> {
    if anew || open.as_ref().is_some_and(|open| was_moved(&open.file, path)) {
        *open = None;
    }
    let open = match open {
        Some(open) => open,
        closed => closed.insert(open_file(path)?),
    };
    let mut text = String::new();
    let mut last = open.last;
    for (number, line) in lines.iter().filter(|(number, _)| again || *number > open.last) {
        text.push_str(line);
        text.push('\n');
        last = *number;
    }
    open.file.write_all(text.as_bytes())?;
    open.file.sync_data()?;
    open.last = last;
    Ok(())
}

fn was_moved(file: &File, path: &Path) -> bool {
    let known = file.metadata().map(|at| (at.dev(), at.ino())).ok();
    let there = std::fs::metadata(path).map(|at| (at.dev(), at.ino())).ok();
    known.is_none() || known != there
}

fn open_file(path: &Path) -> std::io::Result<Open> {
    let mut options = OpenOptions::new();
    let mut file = options.create(true).read(true).append(true).mode(0o600).open(path)?;
    let (end, last) = end_of(&mut file)?;
    if end < file.metadata()?.len() {
        // A line that broke off: its record is sent again.
        file.set_len(end)?;
    }
    Ok(Open { file, last })
}

/// Where the last whole line ends, and the record that it tells of; 0: of none.
fn end_of(file: &mut File) -> std::io::Result<(u64, u64)> {
    let length = file.metadata()?.len();
    let mut looked = TAIL_BYTES_MIN;
    // Ends: each turn looks at twice as much, until it is all.
    loop {
        let from = length.saturating_sub(looked);
        file.seek(SeekFrom::Start(from))?;
        let mut tail = Vec::new();
        file.take(length - from).read_to_end(&mut tail)?;
        let end = tail.iter().rposition(|byte| *byte == b'\n');
        let before = end.and_then(|end| tail.get(..end)).unwrap_or_default();
        let begin = before.iter().rposition(|byte| *byte == b'\n');
        match (end, begin, from) {
            (None, _, 0) => return Ok((0, 0)),
            (Some(end), None, 0) => return Ok((end as u64 + 1, number_of(before))),
            (Some(end), Some(begin), _) => {
                let line = before.get(begin + 1..).unwrap_or_default();
                return Ok((from + end as u64 + 1, number_of(line)));
            }
            _ => looked = looked.saturating_mul(2),
        }
    }
}

fn number_of(line: &[u8]) -> u64 {
    let line: serde_json::Value = serde_json::from_slice(line).unwrap_or_default();
    let number = line.get("number").or_else(|| line.pointer("/checkpoint/number"));
    number.and_then(serde_json::Value::as_u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use catalog::audit::Hash;

    use super::*;

    fn records(numbers: std::ops::RangeInclusive<u64>) -> Vec<Record> {
        let event = |number| format!("{{\"id\":\"{number}\"}}");
        numbers.map(|number| Record { number, hash: Hash([7; 32]), event: event(number) }).collect()
    }

    fn numbers(path: &Path) -> Vec<u64> {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'), "{text:?}");
        text.lines().map(|line| number_of(line.as_bytes())).collect()
    }

    #[tokio::test]
    async fn after_a_crash_nothing_is_missing_and_nothing_is_there_twice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.ndjson");
        let mut sink = FileSink::new(&path).unwrap();
        sink.send(&records(1..=3)).await.unwrap();
        // The position was not kept, and a line broke off.
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"number\":4,\"ha").unwrap();
        let mut sink = FileSink::new(&path).unwrap();
        sink.send(&records(2..=5)).await.unwrap();
        assert_eq!(numbers(&path), [1, 2, 3, 4, 5]);
        let mode = std::fs::metadata(&path).unwrap().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[tokio::test]
    async fn a_line_that_is_longer_than_what_is_looked_at_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.ndjson");
        let mut sink = FileSink::new(&path).unwrap();
        let mut large = records(1..=2);
        for record in &mut large {
            record.event = format!("{{\"data\":\"{}\"}}", "x".repeat(200_000));
        }
        sink.send(&large).await.unwrap();
        let mut sink = FileSink::new(&path).unwrap();
        sink.send(&large).await.unwrap();
        assert_eq!(numbers(&path), [1, 2]);
    }

    #[tokio::test]
    async fn a_file_that_was_moved_away_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let (path, old) = (folder.path().join("a.ndjson"), folder.path().join("a.ndjson.1"));
        let mut sink = FileSink::new(&path).unwrap();
        sink.send(&records(1..=2)).await.unwrap();
        std::fs::rename(&path, &old).unwrap();
        sink.send(&records(3..=3)).await.unwrap();
        assert_eq!((numbers(&old), numbers(&path)), (vec![1, 2], vec![3]));
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let refused = sink.send(&records(4..=4)).await.unwrap_err();
        assert!(refused.contains("a.ndjson"), "{refused}");
        std::fs::remove_dir(&path).unwrap();
        sink.send(&records(4..=4)).await.unwrap();
        assert_eq!(numbers(&path), [4]);
    }
}
