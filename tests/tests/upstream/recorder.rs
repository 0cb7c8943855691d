//! What the tests follow with: a follower that writes down what it is given, and clusters to ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicI64, Ordering};
use std::time::Duration;

use catalog::ResolvedCluster;
use catalog::model::{Cluster, Sasl, SaslMechanism, SecretSource, Security, Tls};
use gateway::metrics::Metrics;
use gateway::upstream::{BatchKind, Fetched, Follower, Interruption, UpstreamCluster};
use parking_lot::Mutex;

/// Longer than anything takes that works.
pub const LIMIT: Duration = Duration::from_secs(30);

/// A batch as it was handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Got {
    pub base: i64,
    pub last: i64,
    pub kind: BatchKind,
}

/// Remembers; follows what it is told like a tail does.
pub struct Recorder {
    next: AtomicI64,
    epoch: AtomicI32,
    appends: AtomicI64,
    got: Mutex<Vec<Got>>,
    interruptions: Mutex<Vec<Interruption>>,
}

impl Recorder {
    pub fn from(next: i64) -> Arc<Self> {
        Arc::new(Self {
            next: AtomicI64::new(next),
            epoch: AtomicI32::new(-1),
            appends: AtomicI64::new(0),
            got: Mutex::default(),
            interruptions: Mutex::default(),
        })
    }

    pub fn got(&self) -> Vec<Got> {
        self.got.lock().clone()
    }

    pub fn next(&self) -> i64 {
        self.next.load(Ordering::SeqCst)
    }

    /// Answers taken, with or without batches.
    pub fn appends(&self) -> i64 {
        self.appends.load(Ordering::SeqCst)
    }

    pub fn interruptions(&self) -> Vec<Interruption> {
        self.interruptions.lock().clone()
    }

    /// Waits until the next offset to fetch is this.
    pub async fn reaches(&self, next: i64) -> anyhow::Result<()> {
        let what = format!("offset {next} is reached");
        let reached =
            tests::eventually(LIMIT, &what, || async { (self.next() == next).then_some(()) });
        match reached.await {
            Ok(()) => Ok(()),
            Err(error) => anyhow::bail!("{error}; {:?} {:?}", self.got(), self.interruptions()),
        }
    }

    /// Waits for an interruption like this.
    pub async fn told(&self, like: fn(&Interruption) -> bool) -> anyhow::Result<Interruption> {
        tests::eventually(LIMIT, "an interruption is told", || async {
            self.interruptions().into_iter().find(like)
        })
        .await
    }
}

impl Follower for Recorder {
    fn next_offset(&self) -> i64 {
        self.next()
    }

    fn last_epoch(&self) -> i32 {
        self.epoch.load(Ordering::SeqCst)
    }

    fn append(&self, fetched: Fetched) {
        self.appends.fetch_add(1, Ordering::SeqCst);
        for fetched in fetched.batches {
            let header = &fetched.batch.header;
            assert!(header.last_offset() >= self.next(), "a batch came twice");
            self.got.lock().push(Got {
                base: header.base_offset,
                last: header.last_offset(),
                kind: fetched.kind,
            });
            self.next.store(header.last_offset() + 1, Ordering::SeqCst);
            self.epoch.store(header.leader_epoch, Ordering::SeqCst);
        }
    }

    fn interrupted(&self, why: Interruption) {
        match &why {
            Interruption::OutOfRange { log_start, end } => {
                let next = self.next().clamp(*log_start, *end);
                self.next.store(next, Ordering::SeqCst);
                self.epoch.store(-1, Ordering::SeqCst);
            }
            Interruption::Truncated { end } => {
                self.got.lock().retain(|got| got.last < *end);
                self.next.store(*end, Ordering::SeqCst);
                self.epoch.store(-1, Ordering::SeqCst);
            }
            Interruption::Unavailable(_) | Interruption::Gone => {}
        }
        self.interruptions.lock().push(why);
    }
}

/// A cluster at these addresses, plaintext.
pub fn plaintext(bootstrap: &str) -> Arc<UpstreamCluster> {
    connect(bootstrap, Security::default(), None).0
}

/// A cluster with TLS and a login.
pub fn secured(
    bootstrap: &str,
    ca: Option<&str>,
    login: Option<(SaslMechanism, &str, &str)>,
) -> Arc<UpstreamCluster> {
    let security = Security {
        tls: ca.map(|ca| Tls { ca: Some(ca.to_owned()), ..Tls::default() }),
        sasl: login.map(|(mechanism, user, _)| Sasl {
            mechanism,
            username: user.to_owned(),
            password_from: SecretSource::Env("UNUSED".to_owned()),
        }),
    };
    let password = login.map(|(_, _, password)| Ok(password.to_owned()));
    connect(bootstrap, security, password).0
}

/// A client and its metrics.
pub fn connect(
    bootstrap: &str,
    security: Security,
    sasl_password: Option<Result<String, String>>,
) -> (Arc<UpstreamCluster>, Metrics) {
    connect_with_key(bootstrap, security, sasl_password, None)
}

/// A client with a key for its certificate, and its metrics.
pub fn connect_with_key(
    bootstrap: &str,
    security: Security,
    sasl_password: Option<Result<String, String>>,
    tls_key: Option<Result<String, String>>,
) -> (Arc<UpstreamCluster>, Metrics) {
    let metrics = Metrics::default();
    let resolved = ResolvedCluster {
        name: "main".to_owned(),
        spec: Arc::new(Cluster {
            bootstrap_servers: bootstrap.split(',').map(str::to_owned).collect(),
            security,
            owner: None,
        }),
        sasl_password: sasl_password.map(|password| password.map(Into::into)),
        tls_key: tls_key.map(|key| key.map(Into::into)),
    };
    let cluster = UpstreamCluster::connect(Arc::new(resolved), metrics.clone());
    (cluster, metrics)
}
