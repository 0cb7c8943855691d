//! What subscriptions use, counted where it leaves and summed up once a second into metrics and the
//! catalog's activity. A stream counts for itself alone, so that no two cores write to one counter;
//! nothing here waits, and what the sink has no room for is lost there, counted.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use catalog::Grant;
use catalog::activity::{Access, ActivitySink, Counted, Refusal, Report, Session, Usage};
use catalog::model::Door;
use parking_lot::Mutex;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use time::OffsetDateTime;
use tokio::time::MissedTickBehavior;

use crate::authn::Principal;
use crate::authz::{Permit, WritePermit};
use crate::image::Passed;
use crate::metrics::{Labels, Metrics};

/// How often what was used is reported.
const REPORT_EVERY: Duration = Duration::from_secs(1);

/// A subscription as its metrics name it, and whether it is written to.
type Key = (Labels, bool);

/// Takes what the doors have to tell.
pub struct Meters {
    sink: ActivitySink,
    metrics: Metrics,
    meters: Mutex<Vec<Arc<Meter>>>,
    /// Of the meters that there are.
    subscribers: Mutex<HashMap<Key, Arc<Subscriber>>>,
    sessions: AtomicU64,
    accesses: AtomicU64,
}

/// Counts what one stream or connection uses of one subscription. Many streams are idle: it holds
/// no more than it needs, and what the audit is told of it is put together when it is told.
pub struct Meter {
    subscriber: Arc<Subscriber>,
    principal: Arc<Principal>,
    /// Its number on this replica.
    number: u64,
    opened_at: OffsetDateTime,
    peer: OnceLock<IpAddr>,
    door: Door,
    /// Whether the audit knows that it began.
    told: AtomicBool,
    /// Events and bytes that were reported.
    passed: (AtomicU64, AtomicU64),
    /// What was not reported yet.
    events: AtomicU64,
    bytes: AtomicU64,
    withheld: AtomicU64,
    filtered: AtomicU64,
    redacted: AtomicU64,
    throttled_millis: AtomicU64,
}

/// There is one for each stream, ten thousand of them on a replica.
const METER_BYTES_MAX: usize = 136;

const _: () = assert!(size_of::<Meter>() <= METER_BYTES_MAX);

/// What the meters of a subscription have in common.
struct Subscriber {
    /// The subscription's name.
    name: Arc<str>,
    /// The endpoint's address.
    address: Arc<str>,
    /// Whether it is written to; otherwise it is read.
    writes: bool,
    totals: Totals,
}

/// What all of the endpoint's and plan's subscribers used.
struct Totals {
    events: Counter,
    bytes: Counter,
    withheld: Counter,
    filtered: Counter,
    redacted: Counter,
    throttled_millis: Counter,
}

impl Totals {
    /// As many as the catalog has subscriptions: endpoint and plan are the subscription's.
    fn new(metrics: &Metrics, (labels, writes): &Key) -> Self {
        let of = |family: &Family<Labels, Counter>| family.get_or_create(labels).clone();
        if *writes {
            // What is written is neither redacted nor filtered.
            let [withheld, filtered, redacted, throttled_millis] = Default::default();
            let (events, bytes) = (of(&metrics.events_received), of(&metrics.bytes_received));
            return Self { events, bytes, withheld, filtered, redacted, throttled_millis };
        }
        Self {
            events: of(&metrics.events_sent),
            bytes: of(&metrics.bytes_sent),
            withheld: of(&metrics.subscriber_withheld),
            filtered: of(&metrics.subscriber_filtered),
            redacted: of(&metrics.subscriber_redacted),
            throttled_millis: of(&metrics.subscriber_throttled),
        }
    }

    fn add(&self, counted: &Counted) {
        self.events.inc_by(counted.events);
        self.bytes.inc_by(counted.bytes);
        self.withheld.inc_by(counted.withheld);
        self.filtered.inc_by(counted.filtered);
        self.redacted.inc_by(counted.redacted);
        self.throttled_millis.inc_by(counted.throttled_millis);
    }
}

/// An open connection; told as closed when dropped.
pub struct Open {
    meters: Arc<Meters>,
    number: u64,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.meters.sink.report(Report::Closed { number: self.number });
    }
}

impl Meter {
    /// Counts what left.
    pub fn count(&self, events: u64, bytes: u64) {
        add(&self.events, events);
        add(&self.bytes, bytes);
    }

    /// Counts what became of records that were passed, and milliseconds that limits made it wait.
    pub fn count_missed(&self, passed: Passed, throttled_millis: u64) {
        let Passed { withheld, filtered, redacted } = passed;
        for (sum, count) in [
            (&self.withheld, u64::from(withheld)),
            (&self.filtered, u64::from(filtered)),
            (&self.redacted, u64::from(redacted)),
            (&self.throttled_millis, throttled_millis),
        ] {
            add(sum, count);
        }
    }

    /// Where it comes from, as far as that is known.
    pub fn comes_from(&self, peer: Option<IpAddr>) {
        if let Some(peer) = peer {
            // The first to know is the one that accepted the connection.
            let _ = self.peer.set(peer);
        }
    }

    /// What the audit is to be told now: that it began, or that it ended.
    fn accessed(&self, used: bool) -> Option<Report> {
        if used && self.told.swap(true, Ordering::Relaxed) {
            return None;
        }
        let of = |sum: &AtomicU64| sum.load(Ordering::Relaxed);
        let passed = || (OffsetDateTime::now_utc(), of(&self.passed.0), of(&self.passed.1));
        Some(Report::Accessed(Arc::new(Access {
            number: self.number,
            application: self.principal.application.as_str().into(),
            credential: self.principal.credential.as_str().into(),
            subscription: Arc::clone(&self.subscriber.name),
            endpoint: Arc::clone(&self.subscriber.address),
            door: self.door,
            writes: self.subscriber.writes,
            peer: self.peer.get().copied(),
            opened_at: self.opened_at,
            closed: (!used).then(passed),
        })))
    }

    /// What was used since the last time.
    fn take(&self) -> Counted {
        let of = |sum: &AtomicU64| sum.swap(0, Ordering::Relaxed);
        let counted = Counted {
            events: of(&self.events),
            bytes: of(&self.bytes),
            withheld: of(&self.withheld),
            filtered: of(&self.filtered),
            redacted: of(&self.redacted),
            throttled_millis: of(&self.throttled_millis),
        };
        if !counted.is_nothing() {
            self.subscriber.totals.add(&counted);
            self.passed.0.fetch_add(counted.events, Ordering::Relaxed);
            self.passed.1.fetch_add(counted.bytes, Ordering::Relaxed);
        }
        counted
    }
}

/// Mostly there is nothing to add.
fn add(sum: &AtomicU64, count: u64) {
    if count > 0 {
        sum.fetch_add(count, Ordering::Relaxed);
    }
}

impl Meters {
    /// Meters that report into this sink. [`Meters::run`] must run for anything to be reported.
    pub fn new(sink: ActivitySink, metrics: Metrics) -> Arc<Self> {
        let (sessions, accesses) = (AtomicU64::new(0), AtomicU64::new(0));
        let (meters, subscribers) = (Mutex::default(), Mutex::default());
        Arc::new(Self { sink, metrics, meters, subscribers, sessions, accesses })
    }

    /// Reports once a second, for as long as the process runs.
    pub async fn run(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(REPORT_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.report();
        }
    }

    /// Reports what was used since the last time, and forgets the meters of streams that ended.
    pub(crate) fn report(&self) {
        self.take().into_iter().for_each(|report| self.sink.report(report));
        self.subscribers.lock().retain(|_, subscriber| Arc::strong_count(subscriber) > 1);
    }

    fn take(&self) -> Vec<Report> {
        let mut meters = self.meters.lock();
        let mut reports = Vec::new();
        let mut sums: HashMap<(&Arc<str>, &str, Door), Counted> = HashMap::new();
        let mut ended = Vec::new();
        for meter in meters.iter() {
            // Looked at before it is emptied: who counts still has it.
            let used = Arc::strong_count(meter) > 1;
            let counted = meter.take();
            if !counted.is_nothing() {
                let credential = meter.principal.credential.as_str();
                let key = (&meter.subscriber.name, credential, meter.door);
                sums.entry(key).or_default().add(&counted);
            }
            reports.extend(meter.accessed(used));
            if !used {
                ended.push(meter.number);
            }
        }
        reports.extend(sums.into_iter().map(|((subscription, credential, door), counted)| {
            let (subscription, credential) = (Arc::clone(subscription), credential.into());
            Report::Used(Usage { subscription, credential, door, counted })
        }));
        // In the order in which they stand there.
        let mut ended = ended.into_iter().peekable();
        meters.retain(|meter| ended.next_if_eq(&meter.number).is_none());
        reports
    }

    /// A meter for a stream or connection under this permit.
    pub fn meter(&self, permit: &Permit, door: Door) -> Arc<Meter> {
        self.add((permit.grant(), permit.principal()), (door, false))
    }

    /// A meter for what a connection writes under this permit.
    pub fn write_meter(&self, permit: &WritePermit, door: Door) -> Arc<Meter> {
        self.add((permit.grant(), permit.principal()), (door, true))
    }

    fn add(
        &self,
        (grant, principal): (&Grant, &Arc<Principal>),
        (door, writes): (Door, bool),
    ) -> Arc<Meter> {
        let meter = Arc::new(Meter {
            subscriber: self.subscriber(grant, writes),
            principal: Arc::clone(principal),
            number: self.accesses.fetch_add(1, Ordering::Relaxed),
            opened_at: OffsetDateTime::now_utc(),
            peer: OnceLock::new(),
            door,
            told: AtomicBool::new(false),
            passed: Default::default(),
            events: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            withheld: AtomicU64::new(0),
            filtered: AtomicU64::new(0),
            redacted: AtomicU64::new(0),
            throttled_millis: AtomicU64::new(0),
        });
        self.meters.lock().push(Arc::clone(&meter));
        meter
    }

    /// What the meters of a subscription have in common.
    fn subscriber(&self, grant: &Grant, writes: bool) -> Arc<Subscriber> {
        let labels = vec![
            ("subscription", grant.name.to_string()),
            ("endpoint", grant.endpoint.name.clone()),
            ("plan", grant.plan_name().to_owned()),
        ];
        let (key, address) = ((labels, writes), grant.endpoint.spec.address());
        let mut subscribers = self.subscribers.lock();
        let known = subscribers.get(&key).filter(|known| *known.address == *address);
        if let Some(known) = known {
            return Arc::clone(known);
        }
        let totals = Totals::new(&self.metrics, &key);
        let (name, address) = (Arc::clone(&grant.name), address.into());
        let subscriber = Arc::new(Subscriber { name, address, writes, totals });
        subscribers.insert(key, Arc::clone(&subscriber));
        subscriber
    }

    /// Tells of a refusal.
    pub fn refused(&self, refusal: Refusal) {
        self.sink.report(Report::Refused(refusal));
    }

    /// Tells of a connection that was opened; `session`'s number is given here.
    pub fn opened(self: &Arc<Self>, session: Session) -> Open {
        let number = self.sessions.fetch_add(1, Ordering::Relaxed);
        self.sink.report(Report::Opened(Session { number, ..session }));
        Open { meters: Arc::clone(self), number }
    }

    /// Tells of anything else.
    pub fn tell(&self, report: Report) {
        self.sink.report(report);
    }
}
