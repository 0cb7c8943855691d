//! One stream as a state machine without a socket: says what to write next, and when to stop. Both
//! writers (ours and hyper's body) drive it.
//!
//! ```text
//! opened ──▶ [retry + id] ──▶ waiting ──▶ [events … + id] ──▶ waiting ──▶ …
//!                               ├──▶ [heartbeat + id]          every HEARTBEAT without events
//!                               ├──▶ [error event] ──▶ closed  the reader cannot go on
//!                               ├──▶ [retry + id] ──▶ closed   the replica drains
//!                               ├──▶ [close frame] ──▶ closed  the credential's time is over
//!                               └──▶ reset                     the permit is gone
//! ```

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use smallvec::SmallVec;
use time::OffsetDateTime;
use tokio::time::{Instant, Sleep};

use super::counters::Counters;
use super::credit::Credit;
use super::dialect::Dialect;
use super::gzip::Gzip;
use super::source::{Part, Source};
use crate::authz::{self, Permit};
use crate::http::problem::Problem;
use crate::http::signal::{Listening, Phase};
use crate::image::{Encoding, EventEnd, Frame};
use crate::limits::CHUNK_BYTES_MAX;
use crate::quota::{Budget, ConnectionGuard, Pace};

/// How long a stream is silent before it says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How many frames one write may gather; more come with the next.
const FRAMES_PER_CHUNK: usize = 8;

/// Events of at most so many bytes together are copied beside the id line that follows them: one
/// plain write of a small buffer costs less than a vectored one and the shared frame's count.
pub(super) const COPIED_BYTES_MAX: usize = 1024;

/// Cursors above this many bytes are not sent with every event …
const CURSOR_BYTES_LARGE: usize = 512;

/// … but at least this often while events flow.
const CURSOR_EVERY: Duration = Duration::from_millis(250);

/// What to write next, in this order.
#[derive(Default)]
pub struct Chunk {
    /// Parts of shared frames.
    pub shared: SmallVec<[Bytes; 2]>,
    /// The stream's own bytes: id lines, heartbeats, copies of small frames.
    pub own: Vec<u8>,
}

impl Chunk {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.shared.is_empty() && self.own.is_empty()
    }
}

/// Why a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Everything was said: close.
    Closed,
    /// Nothing more may reach the client: discard what is unsent and reset.
    Reset,
}

/// One stream.
pub struct Stream<S> {
    source: S,
    encoding: Encoding,
    dialect: Dialect,
    credit: Credit,
    /// What it is compressed into, if it is.
    gzip: Option<Gzip>,
    listening: Listening,
    pace: Pace,
    _connection: ConnectionGuard,
    counters: Counters,
    timer: Pin<Box<Sleep>>,
    expires: Option<Instant>,
    heartbeat: Instant,
    /// Bytes of events since the last id line.
    since_id: usize,
    /// The next event does not fit before another id line.
    chunk_full: bool,
    id_sent: Instant,
    /// Bytes of the last id line.
    id_bytes: usize,
    begun: bool,
    closing: bool,
}

impl<S: Source> Stream<S> {
    /// A stream of this source; the connection was counted by the budget.
    pub fn new(
        source: S,
        (encoding, dialect, credit): (Encoding, Dialect, Credit),
        listening: Listening,
        quota: (Arc<Budget>, ConnectionGuard),
        counters: Counters,
    ) -> Self {
        let now = Instant::now();
        let expires = expiry(source.permit());
        Self {
            source,
            encoding,
            dialect,
            credit,
            gzip: None,
            listening,
            pace: Pace::new(quota.0),
            _connection: quota.1,
            counters,
            timer: Box::pin(tokio::time::sleep_until(now + HEARTBEAT)),
            expires,
            heartbeat: now + HEARTBEAT,
            since_id: 0,
            chunk_full: false,
            id_sent: now,
            id_bytes: 0,
            begun: false,
            closing: false,
        }
    }

    /// From the beginning, what is written is compressed with gzip.
    pub fn compress(&mut self) {
        self.gzip = Some(Gzip::default());
    }

    /// Fills `chunk` (empty) with what to write next. While a chunk is being written,
    /// [`Stream::poll_end`] says whether it may still be.
    pub fn poll_chunk(
        &mut self,
        chunk: &mut Chunk,
        context: &mut Context<'_>,
    ) -> Poll<Option<End>> {
        let next = self.poll_said(chunk, context);
        if let (Poll::Ready(None), Some(gzip)) = (&next, &mut self.gzip) {
            gzip.seal(chunk, self.closing);
        }
        next
    }

    /// Fills `chunk` with what to say next; what is the stream's own is not compressed yet.
    fn poll_said(&mut self, chunk: &mut Chunk, context: &mut Context<'_>) -> Poll<Option<End>> {
        if self.closing {
            return Poll::Ready(Some(End::Closed));
        }
        if self.is_expired() {
            return Poll::Ready(self.expire(chunk));
        }
        if let Poll::Ready(end) = self.poll_end(false, context) {
            return Poll::Ready(Some(end));
        }
        if !std::mem::replace(&mut self.begun, true) {
            self.dialect.begin(&mut chunk.own);
            self.write_id(chunk, Instant::now());
            return Poll::Ready(None);
        }
        if self.listening.signal().phase() == Phase::Draining {
            self.closing = true;
            self.dialect.drain(&mut chunk.own, |out| self.source.write_cursor(out));
            return Poll::Ready(None);
        }
        loop {
            if self.gather(chunk, context) {
                return Poll::Ready(None);
            }
            // Deadlines are looked at when the timer says so: the clock is not asked at each event.
            if self.poll_timer(context).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            if self.is_expired() {
                return Poll::Ready(self.expire(chunk));
            }
            if self.since_id > 0 && now >= self.id_sent + CURSOR_EVERY {
                self.write_id(chunk, now);
                return Poll::Ready(None);
            }
            if now >= self.heartbeat {
                self.dialect.heartbeat(&mut chunk.own);
                self.write_id(chunk, now);
                return Poll::Ready(None);
            }
        }
    }

    /// Whether the stream must end now. `writing`: part of a chunk is written already, so that a
    /// changed chain cannot begin with the next event: the connection must break instead.
    pub fn poll_end(&mut self, writing: bool, context: &mut Context<'_>) -> Poll<End> {
        if self.is_expired() {
            return Poll::Ready(End::Reset);
        }
        while self.listening.poll_told(context).is_ready() {
            if self.listening.is_replaced() {
                return Poll::Ready(End::Reset);
            }
            if self.listening.signal().phase() == Phase::Stopping {
                return Poll::Ready(End::Reset);
            }
            let snapshot = self.listening.signal().snapshot();
            let Ok(permit) = authz::renew(self.source.permit(), &snapshot) else {
                return Poll::Ready(End::Reset);
            };
            let before = self.source.permit().grant().chain.as_ref().map(|c| c.fingerprint());
            let after = permit.grant().chain.as_ref().map(|c| c.fingerprint());
            if (writing && before != after) || self.source.renew(permit).is_err() {
                return Poll::Ready(End::Reset);
            }
            self.expires = expiry(self.source.permit());
        }
        if let Some(at) = self.expires.filter(|_| writing) {
            // A blocked write must not outlast the credential. The next deadline while nothing is
            // written may be earlier; the timer is moved then.
            if self.timer.deadline() != at {
                self.timer.as_mut().reset(at);
            }
            return self.timer.as_mut().poll(context).map(|()| End::Reset);
        }
        Poll::Pending
    }

    /// When the credential expires.
    pub fn expires(&self) -> Option<Instant> {
        self.expires
    }

    /// Whether the stream must end, or go on under a changed chain, and has not done so yet.
    pub fn is_behind(&self) -> bool {
        let signal = self.listening.signal();
        let replaced = self.listening.is_replaced();
        if signal.phase() == Phase::Stopping || self.is_expired() || replaced {
            return true;
        }
        let permit = self.source.permit();
        let Ok(renewed) = authz::renew(permit, &signal.snapshot()) else {
            return true;
        };
        let before = permit.grant().chain.as_ref().map(|c| c.fingerprint());
        let after = renewed.grant().chain.as_ref().map(|c| c.fingerprint());
        before != after
    }

    /// The credential's time is over, and nothing is half written: what was sent was allowed then,
    /// so this is an orderly end.
    fn expire(&mut self, chunk: &mut Chunk) -> Option<End> {
        if self.dialect == Dialect::Part {
            return Some(End::Reset);
        }
        self.closing = true;
        self.dialect.expire(&mut chunk.own);
        // A compressed stream has an end of its own.
        let silent = chunk.is_empty() && self.gzip.is_none();
        silent.then_some(End::Closed)
    }

    fn is_expired(&self) -> bool {
        self.expires.is_some_and(|at| Instant::now() >= at)
    }

    /// The client does not take what it has: other streams of its subscription go first.
    pub fn yield_turn(&mut self) {
        self.pace.yield_turn();
    }

    /// Notes that the client has done with the first so many events; whether that can be.
    pub fn acknowledge(&mut self, events: u64) -> bool {
        self.credit.acknowledge(events)
    }

    /// Counts what was written.
    pub fn wrote(&mut self, bytes: usize) {
        self.counters.meter.count(0, bytes as u64);
    }

    /// Gathers events and counts what was passed meanwhile, and waited for. Whether there is
    /// something to write.
    fn gather(&mut self, chunk: &mut Chunk, context: &mut Context<'_>) -> bool {
        if self.pace.until().is_some_and(|until| Instant::now() < until) {
            return false;
        }
        let some = self.gather_events(chunk, context);
        self.counters.meter.count_missed(self.source.take_passed(), self.pace.take_waited());
        some
    }

    /// Gathers events that are there and that the plan's rate allows, and the id line after them.
    fn gather_events(&mut self, chunk: &mut Chunk, context: &mut Context<'_>) -> bool {
        for _ in 0..FRAMES_PER_CHUNK {
            if self.credit.left() == 0 {
                self.pace.yield_turn();
                break;
            }
            let next = match self.source.poll_next(context) {
                Poll::Pending => {
                    self.pace.yield_turn();
                    break;
                }
                Poll::Ready(Ok(next)) => next,
                Poll::Ready(Err(error)) => {
                    self.closing = true;
                    self.dialect.error(&mut chunk.own, &Problem::from(&error));
                    return true;
                }
            };
            if !self.take(chunk, &next, context) {
                break;
            }
        }
        if chunk.is_empty() {
            if self.chunk_full {
                self.write_id(chunk, Instant::now());
                return true;
            }
            return false;
        }
        let now = Instant::now();
        self.heartbeat = now + HEARTBEAT;
        let large = self.id_bytes > CURSOR_BYTES_LARGE;
        if !large || self.chunk_full || now >= self.id_sent + CURSOR_EVERY {
            self.write_id(chunk, now);
        }
        true
    }

    /// Takes as much of a frame as the chunk and the plan's rate have room for. Whether more may be
    /// taken after it.
    fn take(&mut self, chunk: &mut Chunk, part: &S::Part, context: &mut Context<'_>) -> bool {
        let frame = part.frame(self.encoding);
        let events = &frame.events;
        let first = events.partition_point(|event| event.offset < part.from());
        let start = first.checked_sub(1).and_then(|before| events.get(before));
        let start = start.map_or(0, |event| event.end as usize);
        let Some(pending) = events.get(first..).filter(|pending| !pending.is_empty()) else {
            self.source.finish(part);
            return true;
        };
        let room = CHUNK_BYTES_MAX.saturating_sub(self.since_id);
        let cut = self.cut(pending, start, room);
        let cut = cut.and_then(|cut| self.cut_for_gzip(cut, (frame, first, start), room));
        let Some((count, end)) = cut else {
            self.chunk_full = true;
            return false;
        };
        let small = chunk.own.len() + (end - start) <= COPIED_BYTES_MAX;
        let copied = small && chunk.shared.is_empty() && self.gzip.is_none();
        if !copied && !chunk.own.is_empty() {
            // What is shared goes out first: it waits for the next chunk.
            return false;
        }
        if self.pace.poll_take(count, (end - start) as u64, context).is_pending() {
            return false;
        }
        if let Some(gzip) = &mut self.gzip {
            gzip.take(chunk, frame, start..end, &self.counters.compressed);
        } else if let Some(bytes) = frame.bytes.get(start..end).filter(|_| copied) {
            // With the id line, which is about as long as the last.
            chunk.own.reserve(bytes.len() + self.id_bytes + 1);
            chunk.own.extend_from_slice(bytes);
        } else {
            chunk.shared.push(frame.bytes.slice(start..end));
        }
        self.since_id += end - start;
        self.credit.send(u64::from(count));
        self.counters.meter.count(u64::from(count), 0);
        if count as usize == pending.len() {
            self.source.finish(part);
            return true;
        }
        if let Some(last) = pending.get(count as usize - 1) {
            self.source.advance(part, last.offset);
        }
        true
    }

    /// How many of the events fit into `room` and into a piece of the plan's rate, and where the
    /// last of them ends. At least one if the chunk is empty, however large it is.
    fn cut(&self, pending: &[EventEnd], start: usize, room: usize) -> Option<(u32, usize)> {
        let piece = self.pace.piece();
        let bytes_max = room.min(usize::try_from(piece.bytes_max).unwrap_or(usize::MAX));
        let events_max = u64::from(piece.events_max).min(self.credit.left());
        let events_max = usize::try_from(events_max).unwrap_or(usize::MAX);
        let within = pending.partition_point(|event| event.end as usize - start <= bytes_max);
        let mut count = within.min(events_max);
        let fits = |event: &EventEnd| self.since_id == 0 || event.end as usize - start <= room;
        if count == 0 && pending.first().is_some_and(fits) {
            count = 1;
        }
        let last = pending.get(count.checked_sub(1)?)?;
        Some((u32::try_from(count).ok()?, last.end as usize))
    }

    /// What was cut, up to the end of a segment if there is one in it. If there is none because the
    /// chunk has no room for it, it waits for the next; because the plan's rate has none: as cut.
    fn cut_for_gzip(
        &self,
        (count, end): (u32, usize),
        (frame, first, start): (&Frame, usize, usize),
        room: usize,
    ) -> Option<(u32, usize)> {
        if self.gzip.is_none() {
            return Some((count, end));
        }
        match frame.segment_end(start..end) {
            Some((events, end)) => Some((u32::try_from(events - first).ok()?, end)),
            None if self.since_id > 0 && frame.next_segment_end(start) - start > room => None,
            None => Some((count, end)),
        }
    }

    fn write_id(&mut self, chunk: &mut Chunk, now: Instant) {
        let before = chunk.own.len();
        self.dialect.cursor(&mut chunk.own, |out| self.source.write_cursor(out));
        self.id_bytes = chunk.own.len() - before;
        self.pace.charge(self.id_bytes as u64);
        self.since_id = 0;
        self.chunk_full = false;
        self.id_sent = now;
        self.heartbeat = now + HEARTBEAT;
    }

    /// Ready when the nearest deadline has passed; otherwise the task is woken then.
    fn poll_timer(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let id = (self.since_id > 0).then(|| self.id_sent + CURSOR_EVERY);
        let due = [self.pace.until(), self.expires, id].into_iter().flatten().min();
        let due = due.map_or(self.heartbeat, |due| due.min(self.heartbeat));
        // The timer is moved only when it would come too late: it may come early, and is set again.
        if self.timer.deadline() > due {
            self.timer.as_mut().reset(due);
        }
        while self.timer.as_mut().poll(context).is_ready() {
            if Instant::now() >= due {
                self.timer.as_mut().reset(self.heartbeat);
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(due);
        }
        Poll::Pending
    }
}

/// When a permit ends, by the clock that timers go by.
fn expiry(permit: &Permit) -> Option<Instant> {
    let left = permit.expires_at()? - OffsetDateTime::now_utc();
    Some(Instant::now() + Duration::try_from(left).unwrap_or_default())
}

#[cfg(test)]
mod tests;
