//! What a connection keeps between its Fetches: a reader for each topic, opened when it is first
//! asked for, with its subscription's pace and its place among the plan's connections.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use catalog::Snapshot;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::ask::TopicKey;
use super::budget::Share;
use super::codes::{self, Trouble};
use crate::authz::Permit;
use crate::kafka::client::Client;
use crate::reader::{ReadError, ReaderAt};
use crate::wire::placeholder;

/// How long a topic that is not asked for any more is kept: a consumer that lost a partition may
/// get it back.
const KEPT_UNASKED: Duration = Duration::from_secs(60);

/// How often a client is moved past what it does not see, at most.
const PLACEHOLDER_EVERY: Duration = Duration::from_secs(30);

/// What a connection keeps between its Fetches.
#[derive(Default)]
pub struct Readers {
    topics: HashMap<TopicKey, Entry>,
    /// Answers so far: where the next begins to gather (KIP-74 lets the first partitions starve the
    /// others).
    pub(super) rotation: usize,
    /// Until when the client was asked to wait.
    pub(super) throttled_until: Option<Instant>,
    /// The client does not mind being asked to wait: it once came earlier.
    pub(super) hasty: bool,
}

/// One topic of a connection.
pub(super) struct Entry {
    reader: Access,
    /// By which the permit was given; compared only, so that no old one is kept.
    snapshot: Weak<Snapshot>,
    pub(super) share: Share,
    asked: Instant,
    /// When a placeholder was last sent, by partition.
    placed: HashMap<i32, Instant>,
}

enum Access {
    Opening(BoxFuture<'static, Result<ReaderAt, ReadError>>),
    Open(Box<ReaderAt>),
}

impl Readers {
    /// Takes a topic out for a request.
    ///
    /// # Errors
    /// The code to tell.
    pub(super) async fn take(
        &mut self,
        client: &Client,
        key: &TopicKey,
        snapshot: &Arc<Snapshot>,
    ) -> Result<Entry, i16> {
        if let Some(mut entry) = self.topics.remove(key) {
            entry.asked = Instant::now();
            match entry.recheck(client, snapshot) {
                Rights::Same | Rights::Changed => return Ok(entry),
                Rights::Lost => return Err(codes::NOT_ALLOWED),
                Rights::Elsewhere => {}
            }
        }
        let permit = match key {
            TopicKey::Name(name) => client.permit(name).map_err(|_| codes::NOT_ALLOWED)?,
            TopicKey::Id(id) => client.permit_by_id(id).await.map_err(codes::unknown_id)?,
        };
        Ok(Entry::open(client, permit, Arc::downgrade(snapshot)))
    }

    /// Puts a topic back.
    pub(super) fn put(&mut self, key: TopicKey, entry: Entry) {
        self.topics.insert(key, entry);
    }

    /// Forgets what has not been asked for lately.
    pub(super) fn sweep(&mut self) {
        self.topics.retain(|_, entry| entry.asked.elapsed() < KEPT_UNASKED);
    }
}

/// What a new snapshot means for a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rights {
    /// Nothing: what was gathered may be shown.
    Same,
    /// It is read on, under another chain or other limits.
    Changed,
    /// It may not be read any more.
    Lost,
    /// Its endpoint stands on something else now: open it anew.
    Elsewhere,
}

impl Entry {
    fn open(client: &Client, permit: Permit, snapshot: Weak<Snapshot>) -> Self {
        let share = Share::new(client, &permit);
        let tails = Arc::clone(&client.door.tails);
        let opening = ReaderAt::open(tails, permit).boxed();
        let reader = Access::Opening(opening);
        Self { reader, snapshot, share, asked: Instant::now(), placed: HashMap::new() }
    }

    /// Looks at the rights again by a newer snapshot.
    pub(super) fn recheck(&mut self, client: &Client, snapshot: &Arc<Snapshot>) -> Rights {
        if std::ptr::eq(self.snapshot.as_ptr(), Arc::as_ptr(snapshot)) {
            return Rights::Same;
        }
        let address = self.share.address().to_owned();
        let Ok(permit) = client.permit(&address) else {
            return Rights::Lost;
        };
        self.snapshot = Arc::downgrade(snapshot);
        if Arc::ptr_eq(permit.grant(), self.share.grant()) {
            return Rights::Same;
        }
        let moved = permit.grant().endpoint.name != self.share.grant().endpoint.name;
        self.share.renew(client, &permit);
        match &mut self.reader {
            Access::Open(reader) if !moved => match reader.renew(permit) {
                Ok(()) => Rights::Changed,
                Err(ReadError::Moved) => Rights::Elsewhere,
                Err(_) => Rights::Lost,
            },
            // It was being opened under the old permit.
            Access::Opening(_) | Access::Open(_) => Rights::Elsewhere,
        }
    }

    /// The reader, once it is open.
    pub(super) fn poll_open(
        &mut self,
        by_id: bool,
        context: &mut Context<'_>,
    ) -> Poll<Result<&mut ReaderAt, Trouble>> {
        if let Access::Opening(opening) = &mut self.reader {
            match opening.poll_unpin(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(error)) => {
                    return Poll::Ready(Err(codes::trouble(&error, by_id)));
                }
                Poll::Ready(Ok(reader)) => self.reader = Access::Open(Box::new(reader)),
            }
        }
        match &mut self.reader {
            Access::Open(reader) => Poll::Ready(Ok(reader)),
            Access::Opening(_) => Poll::Pending,
        }
    }

    /// What moves a client past a stretch in which it sees nothing: rarely, and only if there is
    /// one after this offset.
    pub(super) fn placeholder(&mut self, partition: i32, offset: i64) -> Option<Bytes> {
        let Access::Open(reader) = &self.reader else { return None };
        let hidden = reader.hidden(partition, offset)?;
        let now = Instant::now();
        let placed = self.placed.get(&partition);
        if placed.is_some_and(|at| now.duration_since(*at) < PLACEHOLDER_EVERY) {
            return None;
        }
        self.placed.insert(partition, now);
        placeholder::batch(hidden.last, hidden.leader_epoch).ok()
    }

    /// The reader, if it is open, and the share of the budget.
    pub(super) fn parts(&mut self) -> (Option<&mut ReaderAt>, &mut Share) {
        match &mut self.reader {
            Access::Open(reader) => (Some(reader), &mut self.share),
            Access::Opening(_) => (None, &mut self.share),
        }
    }
}
