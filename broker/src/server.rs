//! The broker as a program sees it: started, filled, watched, stopped.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use crate::intercept::Interceptor;
use crate::limits::{CONNECTIONS_MAX, FETCHES_WAITING_MAX, RETENTION_PERIOD};
use crate::log::{Refused, Topics};
use crate::session;
use crate::state::{Shared, State, now_ms};

/// The broker's node id.
pub const NODE_ID: i32 = 1;

/// How a broker shall be.
pub struct Options {
    /// Where it listens, and what it tells clients; port 0: any.
    pub listen: SocketAddr,
    /// What it calls its cluster.
    pub cluster_id: String,
    /// SASL PLAIN user and password; `None`: no SASL.
    pub sasl: Option<(String, String)>,
    /// TLS; `None`: plaintext.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Sees every request; `None`: nobody.
    pub interceptor: Option<Arc<dyn Interceptor>>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            cluster_id: "embedded".to_owned(),
            sasl: None,
            tls: None,
            interceptor: None,
        }
    }
}

/// A broker; dropping it closes everything.
pub struct Broker {
    shared: Arc<Shared>,
    running: Mutex<Option<AbortHandle>>,
}

impl Broker {
    /// A broker that does not listen yet.
    pub fn new(options: Options) -> Broker {
        let shared = Shared {
            address: RwLock::new(options.listen),
            cluster_id: options.cluster_id,
            sasl: options.sasl,
            tls: options.tls.map(TlsAcceptor::from),
            interceptor: options.interceptor,
            state: Mutex::new(State::default()),
            changes: watch::Sender::new(0),
            deadlines: Notify::new(),
            waiting: Semaphore::new(FETCHES_WAITING_MAX),
            bytes_out: AtomicU64::new(0),
            connections: AtomicU64::new(0),
        };
        Broker { shared: Arc::new(shared), running: Mutex::new(None) }
    }

    /// A broker that listens.
    ///
    /// # Errors
    /// When its port cannot be had.
    pub async fn start(options: Options) -> std::io::Result<Broker> {
        let broker = Broker::new(options);
        broker.listen().await?;
        Ok(broker)
    }

    /// Accepts connections (again) on its port.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn listen(&self) -> std::io::Result<()> {
        let listener = TcpListener::bind(self.address()).await?;
        *self.shared.address.write() = listener.local_addr()?;
        let task = tokio::spawn(serve(Arc::clone(&self.shared), listener));
        *self.running.lock() = Some(task.abort_handle());
        Ok(())
    }

    /// Closes its port and every connection; what it keeps stays.
    pub fn stop(&self) {
        if let Some(running) = self.running.lock().take() {
            running.abort();
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        *self.shared.address.read()
    }

    /// Creates a topic.
    ///
    /// # Errors
    /// What CreateTopics would say.
    pub fn create_topic(
        &self,
        name: &str,
        partitions: usize,
        config: &[(&str, &str)],
    ) -> Result<(), Refused> {
        let config = config.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let config = config.collect();
        self.edit(|topics| topics.create(name, partitions, config).map(|_| ()))
    }

    /// Changes anything about topics and what they hold; waiting fetches look again.
    pub fn edit<T>(&self, edit: impl FnOnce(&mut Topics) -> T) -> T {
        let outcome = edit(&mut self.shared.state.lock().topics);
        self.shared.changed();
        outcome
    }

    /// Bytes of frames sent.
    pub fn bytes_out(&self) -> u64 {
        self.shared.bytes_out.load(Ordering::Acquire)
    }

    /// Connections accepted.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Acquire)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn serve(shared: Arc<Shared>, listener: TcpListener) {
    tokio::select! {
        () = accept(&shared, listener) => {}
        () = keep(&shared) => {}
        () = end(&shared) => {}
    }
}

async fn accept(shared: &Arc<Shared>, listener: TcpListener) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    // Dropped with this task: every connection ends with it.
    let mut sessions = JoinSet::new();
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
        // A connection that broke off before it was accepted is nobody's error.
        let Ok((socket, _)) = listener.accept().await else { continue };
        let number = shared.connections.fetch_add(1, Ordering::AcqRel) + 1;
        let shared = Arc::clone(shared);
        sessions.spawn(async move {
            session::run(shared, socket, number).await;
            drop(slot);
        });
        while sessions.try_join_next().is_some() {}
    }
}

/// Lets go of what is too old, for as long as the broker runs.
async fn keep(shared: &Shared) {
    loop {
        tokio::time::sleep(RETENTION_PERIOD).await;
        shared.state.lock().topics.retain(now_ms());
    }
}

/// Ends sessions, rebalances and transactions when their time is up.
async fn end(shared: &Shared) {
    loop {
        let deadline = shared.state.lock().deadline();
        let over = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = over => {}
            () = shared.deadlines.notified() => {}
        }
        if shared.state.lock().expire(Instant::now()) {
            shared.changed();
        }
    }
}
