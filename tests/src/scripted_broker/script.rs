//! What the broker shall do wrong: rules per kind of request, in the order in which they were
//! added, each for a number of requests or for ever. What is asked is written down here too.

use std::sync::Arc;
use std::time::{Duration, Instant};

use broker::{Arrived, First, Interceptor, Plan};
use kafka_protocol::messages::{ApiKey, FetchRequest, RequestKind};
use parking_lot::Mutex;

/// Requests kept; a test that asks more often looks at counts of its own.
const SEEN_MAX: usize = 100_000;

/// Changes the bytes of an answer's body (after the correlation id).
pub type Edit = Arc<dyn Fn(&mut Vec<u8>) + Send + Sync>;

/// What happens to one request.
#[derive(Clone)]
pub enum Act {
    /// The connection is closed without an answer.
    Close,
    /// No answer ever comes; the connection stays open.
    Hold,
    /// The answer comes late.
    Delay(Duration),
    /// Nothing is done, and every partition of the answer (or the answer itself) has this error
    /// code; 0: as if all were well.
    Error(i16),
    /// The body is changed before it is framed.
    Edit(Edit),
    /// The body is this.
    Body(Vec<u8>),
    /// The frame's length field is this, whatever follows; then the connection stays open.
    Length(i32),
    /// Only that many bytes of the frame are sent, then the connection is closed.
    Cut(usize),
    /// The frame is sent one byte at a time, with a pause between them.
    Drip(Duration),
    /// Another correlation id.
    Correlation(i32),
}

/// One request that was seen.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When.
    pub at: Instant,
    /// On which connection, counted from 1.
    pub connection: u64,
    /// The API key.
    pub api: i16,
    /// The API version.
    pub version: i16,
    /// The client id.
    pub client_id: Option<String>,
    /// For Fetch: what was asked.
    pub fetches: Vec<FetchAsk>,
}

/// What one partition is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchAsk {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// The leader's epoch as the client knows it; -1: it does not.
    pub leader_epoch: i32,
    /// The epoch of the last record it has; -1: it does not say.
    pub last_fetched_epoch: i32,
    /// Bytes at most.
    pub bytes_max: i32,
    /// Whether only committed records are asked for.
    pub committed: bool,
}

/// One rule.
#[derive(Clone)]
pub(super) struct Rule {
    pub(super) api: ApiKey,
    /// Requests that it still applies to; `None`: all.
    pub(super) left: Option<usize>,
    pub(super) act: Act,
}

/// The rules of a broker, and what it was asked.
#[derive(Default)]
pub(super) struct Script {
    rules: Mutex<Vec<Rule>>,
    seen: Mutex<Vec<Seen>>,
}

impl Script {
    pub(super) fn add(&self, rule: Rule) {
        self.rules.lock().push(rule);
    }

    pub(super) fn clear(&self) {
        self.rules.lock().clear();
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().clone()
    }

    pub(super) fn count(&self, api: ApiKey) -> usize {
        let api = api as i16;
        self.seen.lock().iter().filter(|seen| seen.api == api).count()
    }

    /// The act for the next request of that kind, if a rule applies.
    fn next(&self, api: ApiKey) -> Option<Act> {
        let mut rules = self.rules.lock();
        let at = rules.iter().position(|rule| rule.api == api)?;
        let rule = rules.get_mut(at)?;
        let act = rule.act.clone();
        if let Some(left) = &mut rule.left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                rules.remove(at);
            }
        }
        Some(act)
    }

    fn write_down(&self, arrived: &Arrived<'_>) {
        let fetches = match arrived.request {
            Some(RequestKind::Fetch(asked)) => asks(asked),
            _ => Vec::new(),
        };
        let mut seen = self.seen.lock();
        if seen.len() < SEEN_MAX {
            seen.push(Seen {
                at: Instant::now(),
                connection: arrived.connection,
                api: arrived.header.request_api_key,
                version: arrived.header.request_api_version,
                client_id: arrived.header.client_id.as_ref().map(ToString::to_string),
                fetches,
            });
        }
    }
}

impl Interceptor for Script {
    fn meet(&self, arrived: &Arrived<'_>) -> Plan {
        self.write_down(arrived);
        self.next(arrived.api).map(plan).unwrap_or_default()
    }
}

fn plan(act: Act) -> Plan {
    let mut plan = Plan::default();
    match act {
        Act::Close => plan.first = First::Close,
        Act::Hold => plan.first = First::Hold,
        Act::Delay(delay) => plan.first = First::Delay(delay),
        Act::Error(code) => plan.first = First::Refuse(code),
        Act::Edit(edit) => plan.body = Some(Box::new(move |body| edit(body))),
        Act::Body(other) => plan.body = Some(Box::new(move |body| *body = other)),
        Act::Length(lie) => plan.frame = Some(number_at(0, lie)),
        // After the length.
        Act::Correlation(other) => plan.frame = Some(number_at(4, other)),
        Act::Cut(limit) => {
            plan.frame = Some(Box::new(move |frame| frame.truncate(limit)));
            plan.last = true;
        }
        Act::Drip(pause) => plan.pace = Some(pause),
    }
    plan
}

/// Writes a number over the four bytes from `from` on.
fn number_at(from: usize, number: i32) -> broker::Edit {
    Box::new(move |frame: &mut Vec<u8>| {
        if let Some(place) = frame.get_mut(from..from + 4) {
            place.copy_from_slice(&number.to_be_bytes());
        }
    })
}

/// The partitions of a fetch.
fn asks(request: &FetchRequest) -> Vec<FetchAsk> {
    let committed = request.isolation_level == 1;
    let topics = request.topics.iter();
    let each = topics.flat_map(|topic| topic.partitions.iter().map(move |asked| (topic, asked)));
    each.map(|(topic, asked)| FetchAsk {
        topic: topic.topic.to_string(),
        partition: asked.partition,
        offset: asked.fetch_offset,
        leader_epoch: asked.current_leader_epoch,
        last_fetched_epoch: asked.last_fetched_epoch,
        bytes_max: asked.partition_max_bytes,
        committed,
    })
    .collect()
}
