//! Live traffic and what it feels like: events that carry when they were produced, at a steady
//! rate, and the delays with which they arrive.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context;
use parking_lot::Mutex;

use crate::crowd::Watch;
use crate::produce::{Codec, Producer, Record};

/// What the times in events count from: they never leave this process.
static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Text before the time at which an event was produced, in microseconds.
const AT: &str = "\"at\":";

/// The `n`th event, `bytes` long or a little more, produced now.
pub fn event(n: u64, bytes: usize) -> Vec<u8> {
    let at = EPOCH.elapsed().as_micros();
    let mut value = format!("{{\"n\":{n},{AT}{at},\"email\":\"user{n}@example.org\",\"pad\":\"");
    let pad = bytes.saturating_sub(value.len() + 2);
    value.extend(std::iter::repeat_n('x', pad));
    value.push_str("\"}");
    value.into_bytes()
}

/// A thread that produces one event after the other, spread over a topic's partitions.
pub struct Pulse {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<anyhow::Result<u64>>>,
}

/// What a [`Pulse`] produces.
#[derive(Clone, Debug)]
pub struct Beat {
    /// The topic.
    pub topic: String,
    /// Its partitions, taken in turn.
    pub partitions: i32,
    /// Between two events.
    pub every: Duration,
    /// Bytes of an event.
    pub bytes: usize,
}

impl Pulse {
    /// Starts to produce.
    pub fn start(bootstrap: &str, beat: Beat) -> anyhow::Result<Pulse> {
        let producer = Producer::prompt(bootstrap, Codec::None)?;
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || beat_until(&told, &producer, &beat));
        Ok(Pulse { stop, thread: Some(thread) })
    }

    /// Stops and answers how many events the cluster has taken.
    pub fn stop(mut self) -> anyhow::Result<u64> {
        self.stop.store(true, Ordering::Release);
        let thread = self.thread.take().context("stopped already")?;
        let ended = tokio::task::block_in_place(|| thread.join());
        ended.map_err(|_| anyhow::anyhow!("the producing thread panicked"))?
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
    }
}

#[expect(clippy::disallowed_methods, reason = "a thread of its own: no runtime is blocked")]
fn beat_until(stop: &AtomicBool, producer: &Producer, beat: &Beat) -> anyhow::Result<u64> {
    let (mut start, mut count) = (Instant::now(), 0_u32);
    while !stop.load(Ordering::Acquire) {
        let partition = i32::try_from(i64::from(count) % i64::from(beat.partitions))?;
        let value = event(u64::from(count), beat.bytes);
        producer.queue(&beat.topic, &Record::value(value).partition(partition))?;
        if count == 0 {
            // A new producer connects first: the others must not be late because of it.
            producer.flush()?;
            start = Instant::now();
        }
        count += 1;
        // Against the clock, so that a late beat does not slow the others.
        let due = beat.every * count;
        std::thread::sleep(due.saturating_sub(start.elapsed()));
    }
    producer.flush()?;
    Ok(u64::from(count))
}

/// Delays from production to arrival, in microseconds.
#[derive(Clone, Debug, Default)]
pub struct Delays {
    seen: Arc<Mutex<Vec<u64>>>,
}

impl Delays {
    /// None yet.
    pub fn new() -> Delays {
        Delays::default()
    }

    /// What a [`crate::crowd::Crowd`] calls; events without a time are not counted.
    pub fn watch(&self) -> Watch {
        let seen = Arc::clone(&self.seen);
        Arc::new(move |_, data, now| {
            if let Some(at) = produced_at(data) {
                let arrived = now.saturating_duration_since(*EPOCH).as_micros();
                let arrived = u64::try_from(arrived).unwrap_or(u64::MAX);
                seen.lock().push(arrived.saturating_sub(at));
            }
        })
    }

    /// Forgets what was seen.
    pub fn clear(&self) {
        self.seen.lock().clear();
    }

    /// The delay that `share` of the events did not exceed, and how many events there were.
    pub fn quantile(&self, share: f64) -> (Duration, usize) {
        let mut delays = self.seen.lock().clone();
        delays.sort_unstable();
        // Test sizes: the count is far below 2^52.
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index of a list"
        )]
        let at = (delays.len() as f64 * share) as usize;
        let delay = delays.get(at.min(delays.len().saturating_sub(1)));
        (Duration::from_micros(delay.copied().unwrap_or(0)), delays.len())
    }
}

fn produced_at(data: &[u8]) -> Option<u64> {
    // Times stand near the front; what follows is padding.
    let front = String::from_utf8_lossy(data.get(..data.len().min(256))?);
    let (_, rest) = front.split_once(AT)?;
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    rest.get(..end)?.parse().ok()
}

/// A number from the environment, or its default: sizes of a full run.
pub fn size(variable: &str, default: u64) -> u64 {
    let text = std::env::var(variable).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(default)
}
