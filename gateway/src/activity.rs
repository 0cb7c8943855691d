//! What subscriptions use, counted where it leaves and summed up once a second into metrics and the
//! catalog's activity. A stream counts for itself alone, so that no two cores write to one counter;
//! nothing here waits, and what the sink has no room for is lost there, counted.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use catalog::Grant;
use catalog::activity::{Access, ActivitySink, Refusal, Report, Session, Usage};
use catalog::model::Door;
use parking_lot::Mutex;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use time::OffsetDateTime;
use tokio::time::MissedTickBehavior;

use crate::authz::{Permit, WritePermit};
use crate::metrics::{Labels, Metrics};

/// How often what was used is reported.
const REPORT_EVERY: Duration = Duration::from_secs(1);

/// A subscription, a credential and a door.
type Used = (Arc<str>, Arc<str>, Door);

/// Takes what the doors have to tell.
pub struct Meters {
    sink: ActivitySink,
    metrics: Metrics,
    meters: Mutex<Vec<Arc<Meter>>>,
    sessions: AtomicU64,
    accesses: AtomicU64,
}

/// Counts what one stream or connection uses of one subscription.
pub struct Meter {
    /// As the audit is told of it.
    access: Access,
    peer: OnceLock<IpAddr>,
    /// Whether the audit knows that it began.
    told: AtomicBool,
    /// What passed so far.
    passed: (AtomicU64, AtomicU64),
    events: AtomicU64,
    bytes: AtomicU64,
    /// What all of the endpoint's and plan's subscribers got.
    totals: (Counter, Counter),
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
        self.events.fetch_add(events, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
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
        let passed = (&self.passed.0, &self.passed.1);
        let (events, bytes) = (passed.0.load(Ordering::Relaxed), passed.1.load(Ordering::Relaxed));
        let closed = (!used).then(|| (OffsetDateTime::now_utc(), events, bytes));
        let peer = self.peer.get().copied();
        Some(Report::Accessed(Arc::new(Access { peer, closed, ..self.access.clone() })))
    }

    /// What was used since the last time.
    fn take(&self) -> (u64, u64) {
        let events = self.events.swap(0, Ordering::Relaxed);
        let bytes = self.bytes.swap(0, Ordering::Relaxed);
        self.totals.0.inc_by(events);
        self.totals.1.inc_by(bytes);
        self.passed.0.fetch_add(events, Ordering::Relaxed);
        self.passed.1.fetch_add(bytes, Ordering::Relaxed);
        (events, bytes)
    }
}

impl Meters {
    /// Meters that report into this sink. [`Meters::run`] must run for anything to be reported.
    pub fn new(sink: ActivitySink, metrics: Metrics) -> Arc<Self> {
        let (sessions, accesses) = (AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Self { sink, metrics, meters: Mutex::default(), sessions, accesses })
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
        let mut sums: HashMap<Used, (u64, u64)> = HashMap::new();
        let mut accesses = Vec::new();
        self.meters.lock().retain(|meter| {
            // Looked at before it is emptied: who counts still has it.
            let used = Arc::strong_count(meter) > 1;
            let (events, bytes) = meter.take();
            if events > 0 || bytes > 0 {
                let Access { subscription, credential, door, .. } = &meter.access;
                let key = (Arc::clone(subscription), Arc::clone(credential), *door);
                let sum = sums.entry(key).or_default();
                *sum = (sum.0.saturating_add(events), sum.1.saturating_add(bytes));
            }
            accesses.extend(meter.accessed(used));
            used
        });
        accesses.into_iter().for_each(|access| self.sink.report(access));
        for ((subscription, credential, door), (events, bytes)) in sums {
            self.sink.report(Report::Used(Usage { subscription, credential, door, events, bytes }));
        }
    }

    /// A meter for a stream or connection under this permit.
    pub fn meter(&self, permit: &Permit, door: Door) -> Arc<Meter> {
        let metrics = (&self.metrics.events_sent, &self.metrics.bytes_sent);
        let who = permit.principal();
        let who = (who.application.as_str(), who.credential.as_str());
        self.add((permit.grant(), who), (door, false), metrics)
    }

    /// A meter for what a connection writes under this permit.
    pub fn write_meter(&self, permit: &WritePermit, door: Door) -> Arc<Meter> {
        let metrics = (&self.metrics.events_received, &self.metrics.bytes_received);
        let who = permit.principal();
        let who = (who.application.as_str(), who.credential.as_str());
        self.add((permit.grant(), who), (door, true), metrics)
    }

    fn add(
        &self,
        (grant, (application, credential)): (&Grant, (&str, &str)),
        (door, writes): (Door, bool),
        (events, bytes): (&Family<Labels, Counter>, &Family<Labels, Counter>),
    ) -> Arc<Meter> {
        // As many as the catalog has subscriptions: endpoint and plan are the subscription's.
        let labels = vec![
            ("subscription", grant.name.to_string()),
            ("endpoint", grant.endpoint.name.clone()),
            ("plan", grant.plan_name().to_owned()),
        ];
        let meter = Arc::new(Meter {
            access: Access {
                number: self.accesses.fetch_add(1, Ordering::Relaxed),
                application: application.into(),
                credential: credential.into(),
                subscription: Arc::clone(&grant.name),
                endpoint: grant.endpoint.spec.address().into(),
                door,
                writes,
                peer: None,
                opened_at: OffsetDateTime::now_utc(),
                closed: None,
            },
            peer: OnceLock::new(),
            told: AtomicBool::new(false),
            passed: (AtomicU64::new(0), AtomicU64::new(0)),
            events: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            totals: (events.get_or_create(&labels).clone(), bytes.get_or_create(&labels).clone()),
        });
        self.meters.lock().push(Arc::clone(&meter));
        meter
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
