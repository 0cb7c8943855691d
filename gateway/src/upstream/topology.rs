//! Which topics there are, where their partitions are led: a cache of Metadata answers, asked for
//! in single flight. Connects through the bootstrap list or any broker known.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use kafka_protocol::{
    messages::{
        MetadataRequest, MetadataResponse, TopicName, metadata_request::MetadataRequestTopic,
        metadata_response::MetadataResponseTopic,
    },
    protocol::StrBytes,
};
use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until};

use super::{
    Topic,
    backoff::Backoff,
    brokers::Brokers,
    codes,
    connection::Connection,
    failure::{Failure, FailureKind},
    health::About,
};

/// Metadata older than this is asked for again.
pub(super) const METADATA_AGE_MAX: Duration = Duration::from_secs(60);
/// Topics asked about in one request.
const TOPICS_PER_REQUEST_MAX: usize = 500;
/// Topics remembered.
const TOPICS_CACHED_MAX: usize = 20_000;
/// Partitions of a topic taken from an answer.
const PARTITIONS_PER_TOPIC_MAX: usize = 100_000;
/// Addresses tried in one go when there is no connection.
const ADDRESSES_TRIED_MAX: usize = 8;
/// Pause after a refused login: accounts get locked when tried too often.
const LOGIN_PAUSE: Duration = Duration::from_secs(2);
/// Versions of Metadata that the gateway speaks; 4 is the first that can leave topics uncreated.
const METADATA_VERSIONS: (i16, i16) = (4, 12);

/// A partition's leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leader {
    /// Broker id; `None`: there is none now.
    pub(super) broker: Option<i32>,
    /// Leader epoch; -1: not known.
    pub(super) epoch: i32,
}

/// What Metadata says of a topic.
#[derive(Clone)]
pub(super) enum Known {
    /// It exists.
    Here(Arc<Placement>),
    /// There is no such topic.
    Missing,
    /// The gateway's principal may not see it.
    Denied,
    /// The broker cannot say now.
    Unsure(i16),
}

/// A topic and its leaders.
pub(super) struct Placement {
    pub(super) topic: Arc<Topic>,
    leaders: HashMap<i32, Leader>,
}

impl Placement {
    /// A partition's leader; `None`: no such partition.
    pub(super) fn leader(&self, partition: i32) -> Option<Leader> {
        self.leaders.get(&partition).copied()
    }
}

struct Entry {
    known: Known,
    at: Instant,
}

#[derive(Default)]
struct Flight {
    connection: Option<Connection>,
    backoff: Backoff,
    not_before: Option<Instant>,
    failed: Option<(Instant, Failure)>,
    /// When the last question that was answered was asked.
    answered: Option<Instant>,
}

/// The cache.
pub(super) struct Topology {
    bootstrap: Vec<String>,
    brokers: Arc<Brokers>,
    entries: Mutex<HashMap<String, Entry>>,
    wanted: Mutex<BTreeSet<String>>,
    flight: tokio::sync::Mutex<Flight>,
}

impl Topology {
    pub(super) fn new(bootstrap: Vec<String>, brokers: Arc<Brokers>) -> Self {
        Self {
            bootstrap,
            brokers,
            entries: Mutex::new(HashMap::new()),
            wanted: Mutex::new(BTreeSet::new()),
            flight: tokio::sync::Mutex::new(Flight::default()),
        }
    }

    /// What is remembered of a topic, however old.
    pub(super) fn remembered(&self, name: &str) -> Option<Known> {
        self.entries.lock().get(name).map(|entry| entry.known.clone())
    }

    /// What is known of a topic, asked for when not known or older than a minute.
    pub(super) async fn known(&self, name: &str) -> Result<Known, Failure> {
        let fresh = {
            let entries = self.entries.lock();
            entries.get(name).and_then(|entry| {
                let usable = matches!(entry.known, Known::Here(_));
                (usable && entry.at.elapsed() < METADATA_AGE_MAX).then(|| entry.known.clone())
            })
        };
        if let Some(known) = fresh {
            return Ok(known);
        }
        self.refresh(&[name.to_owned()]).await?;
        Ok(self.remembered(name).unwrap_or(Known::Missing))
    }

    /// Asks anew about topics. Callers that come meanwhile share the next answer.
    pub(super) async fn refresh(&self, names: &[String]) -> Result<(), Failure> {
        let asked = Instant::now();
        self.wanted.lock().extend(names.iter().cloned());
        loop {
            let mut flight = self.flight.lock().await;
            if self.are_newer(names, asked) {
                return Ok(());
            }
            if let Some((_, failure)) = flight.failed.as_ref().filter(|(at, _)| *at > asked) {
                return Err(failure.clone());
            }
            if let Some(at) = flight.not_before {
                sleep_until(at).await;
            }
            let batch = self.take_wanted(names, asked);
            self.ask_once(&mut flight, &batch).await?;
        }
    }

    /// Asks anew which brokers there are. Callers that come meanwhile share the next answer.
    pub(super) async fn refresh_brokers(&self) -> Result<(), Failure> {
        let asked = Instant::now();
        let mut flight = self.flight.lock().await;
        if flight.answered.is_some_and(|at| at >= asked) {
            return Ok(());
        }
        if let Some((_, failure)) = flight.failed.as_ref().filter(|(at, _)| *at > asked) {
            return Err(failure.clone());
        }
        if let Some(at) = flight.not_before {
            sleep_until(at).await;
        }
        self.ask_once(&mut flight, &[]).await
    }

    async fn ask_once(&self, flight: &mut Flight, names: &[String]) -> Result<(), Failure> {
        let asked = Instant::now();
        match self.ask(flight, names).await {
            Ok(()) => {
                flight.backoff.reset();
                flight.not_before = None;
                flight.failed = None;
                flight.answered = Some(asked);
                self.brokers.health.succeeded(&About::Cluster);
                Ok(())
            }
            Err(failure) => {
                self.note_failure(flight, &failure);
                Err(failure)
            }
        }
    }

    fn are_newer(&self, names: &[String], than: Instant) -> bool {
        let entries = self.entries.lock();
        names.iter().all(|name| entries.get(name).is_some_and(|entry| entry.at >= than))
    }

    fn note_failure(&self, flight: &mut Flight, failure: &Failure) {
        let now = Instant::now();
        let mut pause = flight.backoff.next();
        if failure.kind == FailureKind::Login {
            pause = pause.max(LOGIN_PAUSE);
        }
        flight.connection = None;
        flight.not_before = Some(now + pause);
        flight.failed = Some((now, failure.clone()));
        self.brokers.health.failed(About::Cluster, failure);
    }

    /// The topics to ask about: those of the caller first, then what other callers wait for.
    fn take_wanted(&self, names: &[String], asked: Instant) -> Vec<String> {
        let own = names.iter().filter(|name| !self.are_newer(std::slice::from_ref(name), asked));
        let mut batch: Vec<String> = own.take(TOPICS_PER_REQUEST_MAX).cloned().collect();
        let mut wanted = self.wanted.lock();
        for name in &batch {
            wanted.remove(name);
        }
        while batch.len() < TOPICS_PER_REQUEST_MAX {
            let Some(name) = wanted.pop_first() else {
                break;
            };
            batch.push(name);
        }
        batch
    }

    async fn ask(&self, flight: &mut Flight, names: &[String]) -> Result<(), Failure> {
        let usable = flight.connection.take().filter(Connection::is_usable);
        let reused = usable.is_some();
        let mut connection = match usable {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let asked = Instant::now();
        let answer = match self.metadata(&mut connection, names).await {
            Ok(answer) => answer,
            // The broker may have gone since the last question: another one may be there.
            Err(_) if reused => {
                connection = self.connect().await?;
                self.metadata(&mut connection, names).await?
            }
            Err(failure) => return Err(failure.at(&connection.address)),
        };
        flight.connection = Some(connection);
        self.take(answer, names, asked)
    }

    async fn metadata(
        &self,
        connection: &mut Connection,
        names: &[String],
    ) -> Result<MetadataResponse, Failure> {
        self.brokers.dialer.renew(connection).await?;
        let version = connection.require((3, "Metadata"), METADATA_VERSIONS)?;
        let topics = names.iter().map(|name| {
            let name = TopicName(StrBytes::from_string(name.clone()));
            MetadataRequestTopic::default().with_name(Some(name))
        });
        let request = MetadataRequest::default()
            .with_topics(Some(topics.collect()))
            .with_allow_auto_topic_creation(false);
        connection.call(&request, version).await
    }

    /// Tries the bootstrap list, then brokers known from before.
    async fn connect(&self) -> Result<Connection, Failure> {
        let mut addresses = Vec::new();
        for address in &self.bootstrap {
            match split_address(address) {
                Some(address) => addresses.push(address),
                None => {
                    let reason = format!("bootstrap server {address} is not host:port");
                    return Err(Failure::protocol(reason));
                }
            }
        }
        for known in self.brokers.addresses(ADDRESSES_TRIED_MAX) {
            if !addresses.contains(&known) {
                addresses.push(known);
            }
        }
        let mut reasons = Vec::new();
        let mut kind = FailureKind::Unreachable;
        for (host, port) in addresses.iter().take(ADDRESSES_TRIED_MAX) {
            match self.brokers.dialer.dial(host, *port).await {
                Ok(connection) => return Ok(connection),
                Err(failure) => {
                    let login = failure.kind == FailureKind::Login;
                    if failure.kind != FailureKind::Unreachable {
                        kind = failure.kind;
                    }
                    reasons.push(failure.at(&format!("{host}:{port}")).reason);
                    // What one broker refuses, the others will: trying on locks accounts.
                    if login {
                        break;
                    }
                }
            }
        }
        Err(match reasons.is_empty() {
            true => Failure::protocol("there is no bootstrap server"),
            false => Failure::new(kind, reasons.join("; ")),
        })
    }

    fn take(&self, answer: MetadataResponse, names: &[String], at: Instant) -> Result<(), Failure> {
        if answer.error_code != 0 {
            let code = codes::name(answer.error_code);
            return Err(Failure::protocol(format!("Metadata: {code}")));
        }
        self.brokers.replace(answer.brokers.iter().filter_map(|broker| {
            let port = u16::try_from(broker.port).ok()?;
            Some((broker.node_id.0, broker.host.as_str().to_owned(), port))
        }));
        let mut entries = self.entries.lock();
        if entries.len() + names.len() > TOPICS_CACHED_MAX {
            entries.retain(|_, entry| entry.at.elapsed() < METADATA_AGE_MAX);
        }
        let mut before = HashMap::new();
        // A broker that says nothing of a topic does not have it.
        for name in names {
            let known = Known::Missing;
            let known = entries.insert(name.clone(), Entry { known, at });
            if let Some(Known::Here(placement)) = known.map(|entry| entry.known) {
                before.insert(name.as_str(), placement);
            }
        }
        for topic in &answer.topics {
            let Some(name) = topic.name.as_ref().map(|name| name.0.as_str()) else {
                continue;
            };
            if let Some(entry) = entries.get_mut(name).filter(|entry| entry.at == at) {
                entry.known = match before.get(name) {
                    Some(before) => not_older(placement(name, topic), before),
                    None => placement(name, topic),
                };
            }
        }
        Ok(())
    }
}

fn placement(name: &str, answer: &MetadataResponseTopic) -> Known {
    match answer.error_code {
        0 | codes::LEADER_NOT_AVAILABLE => {}
        codes::UNKNOWN_TOPIC_OR_PARTITION | codes::INVALID_TOPIC => return Known::Missing,
        codes::TOPIC_AUTHORIZATION_FAILED => return Known::Denied,
        code => return Known::Unsure(code),
    }
    let mut leaders = HashMap::new();
    for partition in answer.partitions.iter().take(PARTITIONS_PER_TOPIC_MAX) {
        let broker = Some(partition.leader_id.0).filter(|id| *id >= 0);
        let epoch = partition.leader_epoch;
        leaders.insert(partition.partition_index, Leader { broker, epoch });
    }
    if leaders.is_empty() {
        return Known::Unsure(codes::LEADER_NOT_AVAILABLE);
    }
    let mut partitions: Vec<i32> = leaders.keys().copied().collect();
    partitions.sort_unstable();
    let topic = Topic { name: name.to_owned(), id: *answer.topic_id.as_bytes(), partitions };
    Known::Here(Arc::new(Placement { topic: Arc::new(topic), leaders }))
}

/// Keeps a partition's leader where the answer is older than what is known: a broker that lags
/// behind must not take leader epochs back, for clients see them.
fn not_older(known: Known, before: &Placement) -> Known {
    let Known::Here(placement) = &known else {
        return known;
    };
    let is_older = |partition: &i32, leader: &Leader| {
        before.leader(*partition).filter(|before| before.epoch > leader.epoch)
    };
    let lags = placement.leaders.iter().any(|(p, leader)| is_older(p, leader).is_some());
    let same = placement.topic.id == before.topic.id && before.topic.id != [0; 16];
    if !same || !lags {
        return known;
    }
    let leaders = placement.leaders.iter();
    let leaders = leaders.map(|(p, leader)| (*p, is_older(p, leader).unwrap_or(*leader)));
    let (topic, leaders) = (placement.topic.clone(), leaders.collect());
    Known::Here(Arc::new(Placement { topic, leaders }))
}

/// `host:port`, the host possibly an IPv6 address in brackets.
fn split_address(address: &str) -> Option<(String, u16)> {
    let (host, port) = address.trim().rsplit_once(':')?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let port = port.parse().ok()?;
    (!host.is_empty()).then(|| (host.to_owned(), port))
}
