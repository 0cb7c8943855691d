//! A scripted source and the stage around it, for the tests of streams and their writers. The
//! source has one partition; its cursor is the next offset, written as a number.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use catalog::Snapshot;
use catalog::activity::ActivitySink;
use catalog::model::Door;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::watch;

use super::source::{Part, Source};
use super::state::{Chunk, Stream};
use super::{Counters, Credit, Dialect};
use crate::activity::Meters;
use crate::authn::Principal;
use crate::authz::Permit;
use crate::authz::sample::Sample;
use crate::http::signal::{Listening, Signal};
use crate::image::{Encoding, EventEnd, Frame, Passed};
use crate::metrics::Metrics;
use crate::quota::Quotas;
use crate::reader::ReadError;

/// What the test and the source share.
#[derive(Default)]
struct Shared {
    frames: VecDeque<Arc<Frame>>,
    error: Option<ReadError>,
    next: i64,
    padding: usize,
    passed: Passed,
    refuses_renewal: bool,
    waker: Option<Waker>,
}

/// A source that says what the test tells it to.
pub struct Script {
    shared: Arc<Mutex<Shared>>,
    permit: Permit,
}

/// A frame from an offset on.
pub struct Scripted {
    frame: Arc<Frame>,
    from: i64,
}

impl Part for Scripted {
    fn frame(&self, _: Encoding) -> &Frame {
        &self.frame
    }

    fn from(&self) -> i64 {
        self.from
    }
}

impl Source for Script {
    type Part = Scripted;

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Scripted, ReadError>> {
        let mut shared = self.shared.lock();
        if let Some(frame) = shared.frames.front() {
            return Poll::Ready(Ok(Scripted { frame: Arc::clone(frame), from: shared.next }));
        }
        if let Some(error) = shared.error.clone() {
            return Poll::Ready(Err(error));
        }
        shared.waker = Some(context.waker().clone());
        Poll::Pending
    }

    fn advance(&mut self, _: &Scripted, offset: i64) {
        self.shared.lock().next = offset + 1;
    }

    fn finish(&mut self, part: &Scripted) {
        let last = part.frame.events.last().map_or(0, |event| event.offset);
        let mut shared = self.shared.lock();
        shared.next = shared.next.max(last + 1);
        shared.frames.pop_front();
    }

    fn take_passed(&mut self) -> Passed {
        std::mem::take(&mut self.shared.lock().passed)
    }

    fn write_cursor(&self, out: &mut Vec<u8>) {
        let shared = self.shared.lock();
        out.extend_from_slice(shared.next.to_string().as_bytes());
        out.resize(out.len() + shared.padding, b'~');
    }

    fn permit(&self) -> &Permit {
        &self.permit
    }

    fn renew(&mut self, permit: Permit) -> Result<(), ReadError> {
        if self.shared.lock().refuses_renewal {
            return Err(ReadError::Moved);
        }
        self.permit = permit;
        Ok(())
    }
}

/// A frame of events `data: <offset>…`, one per size, from this offset on. Sizes below a short
/// event's are not reached.
pub fn frame(first: i64, sizes: &[usize]) -> Frame {
    let (mut bytes, mut events) = (Vec::new(), Vec::new());
    for (offset, size) in (first..).zip(sizes) {
        let begin = bytes.len();
        bytes.extend_from_slice(format!("data: {offset}").as_bytes());
        if begin + size > bytes.len() + 2 {
            bytes.push(b' ');
            bytes.resize((begin + size - 2).max(bytes.len()), b'.');
        }
        bytes.extend_from_slice(b"\n\n");
        let end = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        events.push(EventEnd { offset, end });
    }
    Frame::new(Bytes::from(bytes), events)
}

/// Everything around one source.
pub struct Stage {
    /// What streams are told.
    pub signal: Arc<Signal>,
    /// What they count.
    pub metrics: Metrics,
    /// Where that is summed up.
    pub meters: Arc<Meters>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    shared: Arc<Mutex<Shared>>,
    permit: Permit,
}

impl Default for Stage {
    fn default() -> Self {
        Self::new(&Sample::default())
    }
}

impl Stage {
    /// A stage where this is what holds. Needs a runtime.
    pub fn new(sample: &Sample) -> Self {
        let (snapshots, receiver) = watch::channel(Arc::new(sample.snapshot()));
        let signal = Signal::new(receiver);
        let running = Arc::clone(&signal);
        tokio::spawn(async move { running.run().await });
        let metrics = Metrics::default();
        Self {
            signal,
            meters: Meters::new(ActivitySink::nowhere(), metrics.clone()),
            metrics,
            snapshots,
            shared: Arc::default(),
            permit: sample.permit(),
        }
    }

    /// A stage where the plan has these limits.
    pub fn with_limits(limits: Value) -> Self {
        let mut sample = Sample::default();
        if let Some(plan) = sample.plan.as_object_mut() {
            plan.insert("limits".into(), limits);
        }
        Self::new(&sample)
    }

    /// A stream of the scripted source.
    pub fn stream(&self) -> Stream<Script> {
        self.stream_as(Dialect::Sse, Credit::default())
    }

    /// A stream of the scripted source, for this door.
    pub fn stream_as(&self, dialect: Dialect, credit: Credit) -> Stream<Script> {
        let grant = self.permit.grant();
        let budget = Quotas::default().budget(&grant.name, &grant.plan.limits);
        let connection = budget.try_open_connection();
        let connection = connection.unwrap_or_else(|| unreachable!("no limit of connections"));
        let source = Script { shared: Arc::clone(&self.shared), permit: self.permit.clone() };
        let listening = Listening::new(Arc::clone(&self.signal));
        let meter = self.meters.meter(&self.permit, Door::Sse);
        let counters = Counters::new(&self.metrics, (meter, None), Door::Sse);
        let quota = (budget, connection);
        let said = (Encoding::SseRecord, dialect, credit);
        Stream::new(source, said, listening, quota, counters)
    }

    /// Whose streams these are, and what they are told.
    pub fn principal(&self) -> (Arc<Principal>, Listening) {
        let principal = Arc::clone(self.permit.principal());
        (principal, Listening::new(Arc::clone(&self.signal)))
    }

    /// A stream that has said its first words.
    pub async fn begun(&self) -> Stream<Script> {
        let mut stream = self.stream();
        let mut chunk = Chunk::default();
        poll_fn(|context| stream.poll_chunk(&mut chunk, context)).await;
        stream
    }

    /// The source has one more frame.
    pub fn push(&self, frame: Frame) {
        self.change(|shared| shared.frames.push_back(Arc::new(frame)));
    }

    /// The source has one more frame, which others have too.
    pub fn push_shared(&self, frame: &Arc<Frame>) {
        self.change(|shared| shared.frames.push_back(Arc::clone(frame)));
    }

    /// After its frames, the source fails.
    pub fn fail(&self, error: ReadError) {
        self.change(|shared| shared.error = Some(error));
    }

    /// The source stands before this offset.
    pub fn resume_at(&self, offset: i64) {
        self.shared.lock().next = offset;
    }

    /// The source says that it passed this.
    pub fn passed(&self, passed: Passed) {
        self.shared.lock().passed.add(passed);
    }

    /// Cursors are this much longer.
    pub fn pad_cursor(&self, bytes: usize) {
        self.shared.lock().padding = bytes;
    }

    /// The source takes no other permit.
    pub fn refuse_renewal(&self) {
        self.shared.lock().refuses_renewal = true;
    }

    /// Frames that were not passed.
    pub fn left(&self) -> usize {
        self.shared.lock().frames.len()
    }

    /// From now on, this is what holds.
    pub fn publish(&self, sample: &Sample) {
        self.snapshots.send_replace(Arc::new(sample.snapshot()));
    }

    /// The credential is revoked.
    pub fn revoke(&self) {
        let mut sample = Sample::default();
        sample.credential.revoked = true;
        self.publish(&sample);
    }

    fn change(&self, change: impl FnOnce(&mut Shared)) {
        let mut shared = self.shared.lock();
        change(&mut shared);
        if let Some(waker) = shared.waker.take() {
            waker.wake();
        }
    }
}
