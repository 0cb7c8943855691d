//! What a reader has seen of a topic, over all its connections.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use tests::produce::Record;

use crate::events::{Chain, HIDDEN};

/// By partition, each image in its place by a number that stands for all of it.
pub struct Seen {
    pub door: &'static str,
    hides: bool,
    images: BTreeMap<i32, BTreeMap<i64, u64>>,
    /// The last offset of each partition on this connection.
    last: BTreeMap<i32, i64>,
    pub connections: usize,
    /// Events that came again, and the most of one connection.
    again: (usize, usize),
    /// Events that came again on this connection, and may.
    again_here: (usize, usize),
    /// What came again beyond what may: how many, and how many may.
    pub again_beyond: Option<(usize, usize)>,
}

impl Seen {
    pub fn new(door: &'static str, chain: &Chain) -> Seen {
        Seen {
            door,
            hides: !chain.is_empty(),
            images: BTreeMap::new(),
            last: BTreeMap::new(),
            connections: 0,
            again: (0, 0),
            again_here: (0, 0),
            again_beyond: None,
        }
    }

    /// A connection was opened, on which so many events may come again.
    pub fn connected(&mut self, again_max: usize) {
        self.connections += 1;
        self.last.clear();
        self.again_here = (0, again_max);
    }

    /// Takes an image: each partition's come in order on a connection, and again as they were.
    pub fn take(&mut self, record: &Record) -> anyhow::Result<()> {
        let (partition, offset) = (record.partition, record.offset);
        if let Some(last) = self.last.insert(partition, offset) {
            anyhow::ensure!(last < offset, "{partition}:{offset} came after {last}");
        }
        let text = String::from_utf8_lossy(record.value.as_deref().unwrap_or_default());
        let shows = self.hides && text.contains(HIDDEN);
        anyhow::ensure!(!shows, "{}: {partition}:{offset} is not redacted", self.door);
        let mut hasher = DefaultHasher::new();
        (&record.key, &record.value, record.timestamp, &record.headers).hash(&mut hasher);
        let image = hasher.finish();
        let Some(before) = self.images.entry(partition).or_default().insert(offset, image) else {
            return Ok(());
        };
        anyhow::ensure!(before == image, "{partition}:{offset} came again as another");
        let (here, most) = &mut self.again_here;
        *here += 1;
        if *here > *most {
            self.again_beyond = Some((*here, *most));
        }
        self.again = (self.again.0 + 1, self.again.1.max(*here));
        Ok(())
    }

    pub fn count(&self) -> usize {
        self.images.values().map(BTreeMap::len).sum()
    }

    /// The first place where another door shows something else.
    pub fn difference(&self, other: &Seen) -> Option<(i32, i64)> {
        let all = self.images.keys().chain(other.images.keys());
        all.flat_map(|partition| {
            let of = |seen: &Seen| seen.images.get(partition).cloned().unwrap_or_default();
            let (ours, theirs) = (of(self), of(other));
            let offsets: Vec<i64> = ours.keys().chain(theirs.keys()).copied().collect();
            let different = offsets.into_iter().find(|o| ours.get(o) != theirs.get(o));
            different.map(|offset| (*partition, offset))
        })
        .next()
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Seen { door, connections, again: (again, most), .. } = self;
        write!(f, "{door}: {connections} connections, {again} came again, at most {most} of one")
    }
}
