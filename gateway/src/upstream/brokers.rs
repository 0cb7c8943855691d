//! Where the cluster's brokers are, and connections to them, made when needed: a pool per broker
//! and lane, so that what waits in one lane delays no other. Live fetching has connections of its
//! own.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use catalog::ResolvedCluster;
use parking_lot::Mutex;
use tokio::{
    sync::{OnceCell, Semaphore, SemaphorePermit},
    time::timeout,
};
use tokio_rustls::TlsConnector;
use tracing::Instrument;

use super::{
    buffers::Buffers,
    connection::{Connection, here},
    failure::Failure,
    health::{About, Health},
    login::login,
    transport,
};

/// Cold reads of one broker at a time: they must not crowd out the other clients of a cluster.
pub(super) const COLD_CONNECTIONS_PER_BROKER_MAX: usize = 4;
/// Connections for short questions per broker: they take turns.
const QUESTION_CONNECTIONS_PER_BROKER_MAX: usize = 1;
/// Connections for short calls of clients per broker (heartbeats, commits), one in flight each.
const RELAY_CONNECTIONS_PER_BROKER_MAX: usize = 8;
/// Connections for produced batches per broker: an `acks=all` answer may take its time.
const PRODUCE_CONNECTIONS_PER_BROKER_MAX: usize = 64;
/// Connections for calls that the coordinator holds (JoinGroup, SyncGroup) per broker: a rebalance
/// of a group of a thousand members holds a thousand.
const HELD_CONNECTIONS_PER_BROKER_MAX: usize = 1_000;
/// Calls that may wait for a connection of one lane; beyond it they are refused at once.
const QUEUED_PER_LANE_MAX: usize = 4_096;
/// Unused connections kept per lane: what a rebalance needed is not kept open for the next.
const IDLE_PER_LANE_MAX: usize = 64;
/// How long name look-up and TCP and TLS handshakes may take together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a login may take, a million SCRAM iterations included.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(15);
/// How long to wait for a connection that others use.
const LEASE_TIMEOUT: Duration = Duration::from_secs(10);
/// An unused connection is closed after this; brokers close theirs after ten minutes.
const IDLE_MAX: Duration = Duration::from_secs(240);
/// Most brokers a cluster may list: bounds what a hostile answer can make the gateway remember.
pub(super) const BROKER_COUNT_MAX: usize = 10_000;

/// Makes logged-in connections.
pub(super) struct Dialer {
    cluster: Arc<ResolvedCluster>,
    tls: OnceCell<Result<Option<TlsConnector>, Failure>>,
    buffers: Arc<Buffers>,
}

impl Dialer {
    pub(super) fn new(cluster: Arc<ResolvedCluster>) -> Self {
        Self { cluster, tls: OnceCell::new(), buffers: Arc::default() }
    }

    /// Connects to `host:port` and logs in. The failure does not name the address.
    pub(super) async fn dial(&self, host: &str, port: u16) -> Result<Connection, Failure> {
        let span = tracing::info_span!(
            target: "sluicegate_trace",
            "upstream.connect",
            server.address = host,
            server.port = port,
        );
        self.dial_anew(host, port).instrument(span).await
    }

    async fn dial_anew(&self, host: &str, port: u16) -> Result<Connection, Failure> {
        // Reading the system's certificates takes a while and touches the disk: once, elsewhere.
        let cluster = self.cluster.clone();
        let tls = self.tls.get_or_init(async || {
            let load = move || transport::connector(&cluster);
            let loaded = tokio::task::spawn_blocking(load).await;
            loaded.unwrap_or_else(|_| Err(Failure::protocol("loading certificates was cut off")))
        });
        let tls = tls.await.as_ref().map_err(Clone::clone)?;
        let open = transport::open(host, port, tls.as_ref());
        let transport = timeout(CONNECT_TIMEOUT, open)
            .await
            .map_err(|_| Failure::unreachable("no connection in time"))??;
        let greet = async {
            let mut connection = Connection::negotiate(transport, format!("{host}:{port}")).await?;
            login(&mut connection, &self.cluster).await?;
            connection.buffers = Arc::clone(&self.buffers);
            Ok(connection)
        };
        timeout(LOGIN_TIMEOUT, greet)
            .await
            .map_err(|_| Failure::unreachable("no greeting in time"))?
    }

    /// Logs in again when the connection's session is about to end.
    pub(super) async fn renew(&self, connection: &mut Connection) -> Result<(), Failure> {
        let due = connection.renew_at;
        if due.is_none_or(|at| tokio::time::Instant::now() < at) {
            return Ok(());
        }
        timeout(LOGIN_TIMEOUT, login(connection, &self.cluster))
            .await
            .map_err(|_| Failure::unreachable("no answer to a repeated login"))?
    }
}

/// What a connection is wanted for.
#[derive(Clone, Copy)]
pub(super) enum Lane {
    /// A question answered at once.
    Question,
    /// A read of history.
    Cold,
    /// A client's call that is answered at once.
    Relay,
    /// A client's call that the coordinator holds until all members are there.
    Held,
    /// A client's batches.
    Produce,
}

/// One broker.
pub(super) struct Broker {
    pub(super) id: i32,
    pub(super) host: String,
    pub(super) port: u16,
    questions: Pool,
    cold: Pool,
    relay: Pool,
    held: Pool,
    produce: Pool,
}

impl Broker {
    fn new(id: i32, host: String, port: u16) -> Self {
        Self {
            id,
            host,
            port,
            questions: Pool::new(QUESTION_CONNECTIONS_PER_BROKER_MAX, QUEUED_PER_LANE_MAX),
            cold: Pool::new(COLD_CONNECTIONS_PER_BROKER_MAX, QUEUED_PER_LANE_MAX),
            relay: Pool::new(RELAY_CONNECTIONS_PER_BROKER_MAX, QUEUED_PER_LANE_MAX),
            held: Pool::new(HELD_CONNECTIONS_PER_BROKER_MAX, QUEUED_PER_LANE_MAX),
            produce: Pool::new(PRODUCE_CONNECTIONS_PER_BROKER_MAX, QUEUED_PER_LANE_MAX),
        }
    }

    fn pool(&self, lane: Lane) -> &Pool {
        match lane {
            Lane::Question => &self.questions,
            Lane::Cold => &self.cold,
            Lane::Relay => &self.relay,
            Lane::Held => &self.held,
            Lane::Produce => &self.produce,
        }
    }
}

struct Pool {
    permits: Semaphore,
    queued: AtomicUsize,
    queued_max: usize,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    fn new(limit: usize, queued_max: usize) -> Self {
        let (permits, queued) = (Semaphore::new(limit), AtomicUsize::new(0));
        Self { permits, queued, queued_max, idle: Mutex::new(Vec::new()) }
    }

    /// Waits for its turn, in the order of arrival.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, Failure> {
        if let Ok(permit) = self.permits.try_acquire() {
            return Ok(permit);
        }
        let busy = || Failure::unreachable("all connections to the broker are busy");
        let _queued = Queued::join(&self.queued, self.queued_max).ok_or_else(busy)?;
        match timeout(LEASE_TIMEOUT, self.permits.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(busy()),
        }
    }

    /// A connection that nobody uses and that still works; of this runtime, if possible, or else
    /// of any, if that will do.
    fn take_idle(&self, any: bool) -> Option<Connection> {
        let (mut idle, here) = (self.idle.lock(), here());
        idle.retain(|connection| connection.used_at.elapsed() < IDLE_MAX);
        loop {
            let own = idle.iter().rposition(|connection| connection.runtime == here);
            let place = own.or_else(|| idle.len().checked_sub(1).filter(|_| any))?;
            let mut connection = idle.remove(place);
            if connection.is_quiet() {
                return Some(connection);
            }
        }
    }
}

/// A place among those that wait; given back when dropped.
struct Queued<'a>(&'a AtomicUsize);

impl<'a> Queued<'a> {
    fn join(queued: &'a AtomicUsize, most: usize) -> Option<Self> {
        let before = queued.fetch_add(1, Ordering::Relaxed);
        let place = Self(queued);
        (before < most).then_some(place)
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection on loan; goes back to its broker when dropped, if it can still be used.
pub(super) struct Lease<'a> {
    pool: &'a Pool,
    connection: Option<Connection>,
    _permit: SemaphorePermit<'a>,
}

impl Lease<'_> {
    /// The connection.
    pub(super) fn connection(&mut self) -> Result<&mut Connection, Failure> {
        // Taken out only by drop.
        let connection = self.connection.as_mut();
        connection.ok_or_else(|| Failure::unreachable("the connection was given back"))
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take().filter(Connection::is_usable) {
            let mut idle = self.pool.idle.lock();
            idle.retain(|other| other.used_at.elapsed() < IDLE_MAX);
            if idle.len() < IDLE_PER_LANE_MAX {
                idle.push(connection);
            }
        }
    }
}

/// All brokers of a cluster.
pub(super) struct Brokers {
    pub(super) dialer: Dialer,
    pub(super) health: Arc<Health>,
    known: Mutex<HashMap<i32, Arc<Broker>>>,
}

impl Brokers {
    pub(super) fn new(cluster: Arc<ResolvedCluster>, health: Arc<Health>) -> Self {
        Self { dialer: Dialer::new(cluster), health, known: Mutex::new(HashMap::new()) }
    }

    /// Takes the list of brokers of a Metadata answer: it replaces what was known.
    pub(super) fn replace(&self, listed: impl Iterator<Item = (i32, String, u16)>) {
        let mut known = self.known.lock();
        let mut now = HashMap::new();
        for (id, host, port) in listed.take(BROKER_COUNT_MAX) {
            let same =
                known.remove(&id).filter(|broker| broker.host == host && broker.port == port);
            let broker = same.unwrap_or_else(|| Arc::new(Broker::new(id, host, port)));
            now.insert(id, broker);
        }
        *known = now;
        self.health.retain_brokers(|id| known.contains_key(&id));
    }

    /// A broker by id.
    pub(super) fn broker(&self, id: i32) -> Option<Arc<Broker>> {
        self.known.lock().get(&id).cloned()
    }

    /// All brokers, by id.
    pub(super) fn all(&self) -> Vec<Arc<Broker>> {
        let mut brokers: Vec<_> = self.known.lock().values().cloned().collect();
        brokers.sort_unstable_by_key(|broker| broker.id);
        brokers
    }

    /// Addresses of some brokers, for when the bootstrap list does not answer.
    pub(super) fn addresses(&self, count_max: usize) -> Vec<(String, u16)> {
        let known = self.known.lock();
        let addresses = known.values().map(|broker| (broker.host.clone(), broker.port));
        addresses.take(count_max).collect()
    }

    /// A new connection to a broker; its health is noted.
    pub(super) async fn dial(&self, broker: &Broker) -> Result<Connection, Failure> {
        let about = About::Broker(broker.id);
        match self.dialer.dial(&broker.host, broker.port).await {
            Ok(connection) => {
                self.health.succeeded(&about);
                Ok(connection)
            }
            Err(failure) => {
                let failure =
                    failure.at(&format!("broker {} at {}:{}", broker.id, broker.host, broker.port));
                self.health.failed(about, &failure);
                Err(failure)
            }
        }
    }

    /// Borrows a connection, waiting for one to be free.
    pub(super) async fn lease<'a>(
        &self,
        broker: &'a Broker,
        lane: Lane,
    ) -> Result<Lease<'a>, Failure> {
        let pool = broker.pool(lane);
        let permit = pool.turn().await?;
        // A producer waits for every answer: its lane's own connection saves a thread's wake-up.
        let mut connection = match pool.take_idle(!matches!(lane, Lane::Produce)) {
            Some(connection) => connection,
            None => self.dial(broker).await?,
        };
        self.dialer.renew(&mut connection).await?;
        Ok(Lease { pool, connection: Some(connection), _permit: permit })
    }
}

#[cfg(test)]
mod tests;
