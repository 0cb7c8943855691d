//! One authenticated connection as handlers see it: who it is, and what exists for it. Nothing here
//! is remembered from an earlier request but the login and the readers, which look at their rights
//! again: each look is by the snapshot of that moment.

use std::sync::Arc;

use catalog::activity::Refusal;
use catalog::{ResolvedCluster, Snapshot, model};
use parking_lot::Mutex;

use super::cluster::VirtualCluster;
use super::door::KafkaDoor;
use super::fetch::Readers;
use crate::authn::Principal;
use crate::authz::{self, Denial, Permit};
use crate::quota::Budget;
use crate::upstream::{Topic, UpstreamCluster, UpstreamError};

/// What a client says about its software (KIP-511): a hint for quirks, never for rights.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Software {
    /// Such as `apache-kafka-java`; empty: it did not say.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// One authenticated connection.
pub struct Client {
    /// What all sessions share.
    pub door: Arc<KafkaDoor>,
    /// The virtual cluster it connected to.
    pub cluster: Arc<VirtualCluster>,
    /// Who it is.
    pub principal: Arc<Principal>,
    /// What it runs.
    pub software: Software,
    /// The backend cluster at login, for when the catalog has it no more.
    resolved: Arc<ResolvedCluster>,
    /// What its groups' names begin with on the backend cluster.
    prefix: String,
    /// What its Fetches read from; taken out while one is served.
    pub(super) readers: Mutex<Option<Readers>>,
}

impl Client {
    /// A client that has logged in; `None`: the catalog has no backend cluster for it.
    pub fn new(
        door: Arc<KafkaDoor>,
        cluster: Arc<VirtualCluster>,
        principal: Arc<Principal>,
        software: Software,
    ) -> Option<Self> {
        let resolved = Arc::clone(door.signal.snapshot().clusters.get(cluster.backend())?);
        let prefix = format!("{}/{}/", cluster.name(), principal.application);
        let readers = Mutex::default();
        Some(Self { door, cluster, principal, software, resolved, prefix, readers })
    }

    /// The catalog now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.door.signal.snapshot()
    }

    /// Whether it may use the endpoint at this address: the virtual topic's name.
    ///
    /// # Errors
    /// [`Denial`]: endpoints of other backend clusters are not found, whatever is granted there.
    pub fn permit(&self, topic: &str) -> Result<Permit, Denial> {
        let snapshot = self.snapshot();
        let permit = self.permit_by(&snapshot, topic);
        if let Err(denial) = &permit {
            self.tell(&snapshot, topic, denial);
        }
        permit
    }

    fn permit_by(&self, snapshot: &Snapshot, topic: &str) -> Result<Permit, Denial> {
        let permit = authz::decide(snapshot, &self.principal, topic, model::Door::Kafka)?;
        match permit.grant().cluster.name == self.cluster.backend() {
            true => Ok(permit),
            false => Err(Denial::NotFound),
        }
    }

    /// Tells its owner why this client did not get what it asked for by name.
    fn tell(&self, snapshot: &Snapshot, topic: &str, denial: &Denial) {
        let refusal = Refusal::new(model::Door::Kafka, denial.code(), &denial.to_string());
        let refusal = refusal.of(&self.principal.credential);
        let endpoint = snapshot.endpoints.get(topic);
        self.door.meters.refused(match endpoint {
            Some(endpoint) => refusal.at(&endpoint.name),
            None => refusal,
        });
    }

    /// Everything it may use, by address.
    pub fn permits(&self) -> Vec<Permit> {
        let snapshot = self.snapshot();
        let grants = snapshot.grants.get(&self.principal.application);
        let grants = grants.into_iter().flat_map(|grants| grants.values());
        let mut permits: Vec<Permit> = grants
            .filter_map(|grant| self.permit_by(&snapshot, grant.endpoint.spec.address()).ok())
            .collect();
        permits.sort_by(|a, b| address(a).cmp(address(b)));
        permits
    }

    /// The topic behind a permit.
    ///
    /// # Errors
    /// The look-up's.
    pub async fn topic(&self, permit: &Permit) -> Result<Arc<Topic>, UpstreamError> {
        self.upstream().topic(&permit.grant().endpoint.spec.topic).await
    }

    /// The topic id that it sees for an endpoint over this real topic.
    pub fn virtual_id(&self, endpoint: &str, real: &[u8; 16]) -> [u8; 16] {
        self.cluster.virtual_id(endpoint, real)
    }

    /// The permit for what it sees under this topic id; `None`: nothing, or nothing for it.
    pub async fn permit_by_id(&self, id: &[u8; 16]) -> Option<Permit> {
        if let Some(endpoint) = self.cluster.endpoint_of(id) {
            let snapshot = self.snapshot();
            let grant = snapshot.grant(&self.principal.application, &endpoint)?;
            let permit = self.permit_by(&snapshot, grant.endpoint.spec.address()).ok()?;
            return self.is_id_of(id, &permit).await.then_some(permit);
        }
        // Made by another replica, or before this one started.
        let permits = self.permits();
        let looks = permits.iter().map(|permit| self.is_id_of(id, permit));
        let found = futures_util::future::join_all(looks).await;
        permits.into_iter().zip(found).find_map(|(permit, is)| is.then_some(permit))
    }

    async fn is_id_of(&self, id: &[u8; 16], permit: &Permit) -> bool {
        let topic = self.topic(permit).await;
        topic.is_ok_and(|topic| self.virtual_id(&permit.grant().endpoint.name, &topic.id) == *id)
    }

    /// A group's or a transaction's name on the backend cluster.
    pub fn group(&self, group: &str) -> String {
        format!("{}{group}", self.prefix)
    }

    /// The name that it knows a group by; `None`: it is another application's.
    pub fn own_group<'a>(&self, real: &'a str) -> Option<&'a str> {
        real.strip_prefix(&self.prefix)
    }

    /// The backend cluster.
    pub fn upstream(&self) -> Arc<UpstreamCluster> {
        let snapshot = self.snapshot();
        let resolved = snapshot.clusters.get(self.cluster.backend()).unwrap_or(&self.resolved);
        self.door.tails.clusters().open(resolved).1
    }

    /// What is left of a subscription's limits, over all its connections and doors.
    pub fn budget(&self, permit: &Permit) -> Arc<Budget> {
        let grant = permit.grant();
        self.door.quotas.budget(&grant.name, &grant.plan.limits)
    }
}

fn address(permit: &Permit) -> &str {
    permit.grant().endpoint.spec.address()
}
