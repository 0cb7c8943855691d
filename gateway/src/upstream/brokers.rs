//! Where the cluster's brokers are, and connections to them: one for short questions and a few for
//! cold reads per broker, made when needed. Live fetching has connections of its own.

use std::{collections::HashMap, sync::Arc, time::Duration};

use catalog::ResolvedCluster;
use parking_lot::Mutex;
use tokio::{
    sync::{OnceCell, Semaphore, SemaphorePermit},
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::{
    connection::Connection,
    failure::Failure,
    health::{About, Health},
    login::login,
    transport,
};

/// Cold reads of one broker at a time: they must not crowd out the other clients of a cluster.
pub(super) const COLD_CONNECTIONS_PER_BROKER_MAX: usize = 4;
/// Connections for short questions per broker: they take turns.
const QUESTION_CONNECTIONS_PER_BROKER_MAX: usize = 1;
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
}

impl Dialer {
    pub(super) fn new(cluster: Arc<ResolvedCluster>) -> Self {
        Self { cluster, tls: OnceCell::new() }
    }

    /// Connects to `host:port` and logs in. The failure does not name the address.
    pub(super) async fn dial(&self, host: &str, port: u16) -> Result<Connection, Failure> {
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
}

/// One broker.
pub(super) struct Broker {
    pub(super) id: i32,
    pub(super) host: String,
    pub(super) port: u16,
    questions: Pool,
    cold: Pool,
}

struct Pool {
    permits: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    fn new(limit: usize) -> Self {
        Self { permits: Semaphore::new(limit), idle: Mutex::new(Vec::with_capacity(limit)) }
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
            idle.push(connection);
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
            let broker = same.unwrap_or_else(|| {
                Arc::new(Broker {
                    id,
                    host,
                    port,
                    questions: Pool::new(QUESTION_CONNECTIONS_PER_BROKER_MAX),
                    cold: Pool::new(COLD_CONNECTIONS_PER_BROKER_MAX),
                })
            });
            now.insert(id, broker);
        }
        *known = now;
        self.health.retain_brokers(|id| known.contains_key(&id));
    }

    /// A broker by id.
    pub(super) fn broker(&self, id: i32) -> Option<Arc<Broker>> {
        self.known.lock().get(&id).cloned()
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
        let pool = match lane {
            Lane::Question => &broker.questions,
            Lane::Cold => &broker.cold,
        };
        let permit = match timeout(LEASE_TIMEOUT, pool.permits.acquire()).await {
            Ok(Ok(permit)) => permit,
            _ => {
                return Err(Failure::unreachable("all connections to the broker are busy"));
            }
        };
        let idle = {
            let mut idle = pool.idle.lock();
            idle.retain(|connection| connection.used_at.elapsed() < IDLE_MAX);
            idle.pop()
        };
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.dial(broker).await?,
        };
        self.dialer.renew(&mut connection).await?;
        Ok(Lease { pool, connection: Some(connection), _permit: permit })
    }
}
