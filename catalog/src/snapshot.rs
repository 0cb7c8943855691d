//! The resolved catalog that the gateway works from: immutable, validated whole.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use policies::Chain;

use crate::{
    identities::Identities,
    model::{Application, Cluster, Credential, Endpoint, Plan, Subscription},
    secret::SecretText,
    ticket::TicketKey,
};

/// Receives each new snapshot; the current one is always there.
pub type SnapshotReceiver = tokio::sync::watch::Receiver<Arc<Snapshot>>;

/// Grants of one application by endpoint name.
pub type GrantsByEndpoint = HashMap<Arc<str>, Arc<Grant>>;

/// One version of the catalog, resolved. One request sees one snapshot. What people wrote is shared
/// with the resources, and what a change does not concern with the snapshot before: the maps too.
#[derive(Default)]
pub struct Snapshot {
    /// Rises with every change.
    pub version: u64,
    /// Backend clusters by name, secrets resolved.
    pub clusters: HashMap<String, Arc<ResolvedCluster>>,
    /// Endpoints by address.
    pub endpoints: Arc<HashMap<Arc<str>, Arc<ResolvedEndpoint>>>,
    /// Applications by name.
    pub applications: Arc<HashMap<Arc<str>, Arc<Application>>>,
    /// Credentials by id.
    pub credentials: Arc<HashMap<Arc<str>, Arc<Credential>>>,
    /// Credentials by the tokens and certificates that prove them.
    pub identities: Arc<Identities>,
    /// Live subscriptions by application name, then endpoint name.
    pub grants: HashMap<Arc<str>, Arc<GrantsByEndpoint>>,
    /// What people without a subscription may look at, by the plan that allows it: as if they had
    /// one, of nobody's application. Its name is `preview/` and the plan's.
    pub previews: HashMap<Arc<str>, Arc<Grant>>,
    /// Users who may sign in, by name: their tickets work for as long.
    pub users: HashSet<Arc<str>>,
    /// Makes and checks tickets; `None`: there are none.
    pub tickets: Option<Arc<TicketKey>>,
    /// What does not work and why, for people: secrets that cannot be read, chains that do not
    /// compile. Whatever depends on it is refused; the rest is served.
    pub problems: Vec<String>,
}

/// A backend cluster with its secrets.
pub struct ResolvedCluster {
    /// The resource's name.
    pub name: String,
    /// What people wrote.
    pub spec: Arc<Cluster>,
    /// The SASL password. `Err` says which source failed and why, without the secret.
    pub sasl_password: Option<Result<SecretText, String>>,
    /// The TLS client key (PEM).
    pub tls_key: Option<Result<SecretText, String>>,
}

/// An endpoint with its name.
pub struct ResolvedEndpoint {
    /// The resource's name.
    pub name: String,
    /// What people wrote.
    pub spec: Arc<Endpoint>,
}

/// A live subscription, resolved: what one application may do with one endpoint.
pub struct Grant {
    /// The subscription resource's name.
    pub name: Arc<str>,
    /// The subscription.
    pub subscription: Arc<Subscription>,
    /// Its plan.
    pub plan: Arc<Plan>,
    /// Its endpoint.
    pub endpoint: Arc<ResolvedEndpoint>,
    /// Its endpoint's cluster.
    pub cluster: Arc<ResolvedCluster>,
    /// The plan's replay window.
    pub replay_window: Option<Duration>,
    /// The compiled chain, or why there is none (then nothing can be read).
    pub chain: Result<Arc<Chain>, String>,
}

impl Grant {
    /// The plan resource's name.
    pub fn plan_name(&self) -> &str {
        &self.subscription.plan
    }
}

impl Snapshot {
    /// The live subscription of an application to an endpoint, both by resource name.
    pub fn grant(&self, application: &str, endpoint: &str) -> Option<&Arc<Grant>> {
        self.grants.get(application)?.get(endpoint)
    }
}
