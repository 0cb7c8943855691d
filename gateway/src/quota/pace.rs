//! What one stream takes of its subscription's budget, in turn with the other streams of it: who
//! finds the budget empty waits in a queue. Without one the stream that happens to wake first takes
//! every piece, and another of the same subscription gets nothing.

use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tokio_util::sync::PollSemaphore;

use super::budget::{Budget, Piece};
use super::waits::Waits;

/// A stream's place in the queue for its subscription's budget.
pub struct Pace {
    budget: Arc<Budget>,
    queue: PollSemaphore,
    turn: Option<OwnedSemaphorePermit>,
    until: Option<Instant>,
    /// In the queue, or holding the turn.
    asks: bool,
    waits: Waits,
}

impl Pace {
    /// The pace of a stream under this budget.
    pub fn new(budget: Arc<Budget>) -> Self {
        let queue = PollSemaphore::new(Arc::clone(budget.turns()));
        Self { budget, queue, turn: None, until: None, asks: false, waits: Waits::default() }
    }

    /// The largest piece to ask for at once.
    pub fn piece(&self) -> Piece {
        self.budget.piece()
    }

    /// Charges bytes that leave whether or not there is room.
    pub fn charge(&self, bytes: u64) {
        self.budget.charge(bytes);
    }

    /// Not before this moment can there be room: whoever holds the turn asks again then.
    pub fn until(&self) -> Option<Instant> {
        self.until
    }

    /// Takes events and bytes. Pending: it is another stream's turn, and the task is woken when it
    /// is this one's; or it is this one's, and [`Pace::until`] says when to ask again.
    pub fn poll_take(&mut self, events: u32, bytes: u64, context: &mut Context<'_>) -> Poll<()> {
        self.poll(|budget| budget.take(events, bytes), context)
    }

    /// As [`Pace::poll_take`], for what cannot be divided: ready if there is room for anything at
    /// all. What is taken beyond it is owed, and paid before anything else is taken.
    pub fn poll_owe(&mut self, events: u32, bytes: u64, context: &mut Context<'_>) -> Poll<()> {
        self.poll(|budget| budget.owe(events, bytes), context)
    }

    fn poll(
        &mut self,
        take: impl FnOnce(&Budget) -> Result<(), Instant>,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        if !self.budget.is_limited() {
            return Poll::Ready(());
        }
        let polled = self.poll_turn(take, context);
        match polled {
            Poll::Pending => self.waits.go_on(),
            Poll::Ready(()) => self.waits.end(),
        }
        polled
    }

    fn poll_turn(
        &mut self,
        take: impl FnOnce(&Budget) -> Result<(), Instant>,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        self.asks = true;
        if self.until.is_some_and(|until| Instant::now() < until) {
            return Poll::Pending;
        }
        if self.turn.is_none() {
            let Poll::Ready(turn) = self.queue.poll_acquire(context) else {
                return Poll::Pending;
            };
            self.turn = turn;
        }
        self.until = take(&self.budget).err();
        if self.until.is_some() {
            return Poll::Pending;
        }
        self.turn = None;
        self.asks = false;
        Poll::Ready(())
    }

    /// It waits for another limit than the budget's.
    pub fn wait(&mut self) {
        self.waits.go_on();
    }

    /// Its client is told to wait until then, and asks again.
    pub fn told_to_wait(&mut self, until: Instant) {
        self.waits.told(until);
    }

    /// Milliseconds that it was made to wait since this was last asked. A wait counts while it goes
    /// on, whenever its turn is asked for; no moment counts twice.
    pub fn take_waited(&mut self) -> u64 {
        self.waits.take_millis()
    }

    /// Lets the others go first: this stream has nothing to take, or its client does not take what
    /// it has.
    pub fn yield_turn(&mut self) {
        self.waits.end();
        if std::mem::take(&mut self.asks) {
            // A clone is in no queue.
            self.queue = self.queue.clone();
            self.turn = None;
            self.until = None;
        }
    }
}
