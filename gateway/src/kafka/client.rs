//! One authenticated connection as handlers see it: who it is, and what exists for it. Nothing here
//! is remembered from an earlier request but the login and the readers, which look at their rights
//! again: each look is by the snapshot of that moment.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use catalog::activity::Refusal;
use catalog::{Grant, ResolvedCluster, Snapshot, model};
use parking_lot::Mutex;

use super::cluster::VirtualCluster;
use super::door::KafkaDoor;
use super::fetch::Readers;
use crate::activity::Meter;
use crate::authn::Principal;
use crate::authz::{self, Denial, Permit, Sight, WritePermit};
use crate::quota::Budget;
use crate::upstream::{Topic, UpstreamCluster, UpstreamError};

mod places;

pub(super) use places::{Place, Places};

/// Subscriptions whose writes one connection counts at once; beyond it the meters are made anew.
const METERS_MAX: usize = 1_000;

/// What a client says about its software (KIP-511): a hint for quirks, never for rights.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Software {
    /// Such as `apache-kafka-java`; empty: it did not say.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Why there is nothing under a topic id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownId {
    /// No endpoint had it, or its topic was created anew.
    Nothing,
    /// An endpoint has it that the client may not use. Ids cannot be guessed: who names one has
    /// been shown it, so this tells nothing new. Clients that hear "unknown" instead let go of the
    /// topic, and look whether it is back only with their next refresh of metadata.
    NotAllowed,
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
    /// Where it comes from.
    pub peer: Option<IpAddr>,
    /// The backend cluster at login, for when the catalog has it no more.
    resolved: Arc<ResolvedCluster>,
    /// What its groups' names begin with on the backend cluster.
    prefix: String,
    /// What its Fetches read from; taken out while one is served.
    pub(super) readers: Mutex<Option<Readers>>,
    /// What counts its writes, by subscription and plan.
    meters: Mutex<HashMap<(String, String), Arc<Meter>>>,
    /// Its places among the connections of plans.
    places: Arc<Places>,
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
        let (readers, meters) = (Mutex::default(), Mutex::default());
        let (peer, places) = (None, Arc::default());
        Some(Self {
            door,
            cluster,
            principal,
            software,
            peer,
            resolved,
            prefix,
            readers,
            meters,
            places,
        })
    }

    /// The catalog now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.door.signal.snapshot()
    }

    /// Whether it may read the endpoint at this address: the virtual topic's name.
    ///
    /// # Errors
    /// [`Denial`]: endpoints of other backend clusters are not found, whatever is granted there.
    pub fn permit(&self, topic: &str) -> Result<Permit, Denial> {
        let snapshot = self.snapshot();
        let permit = self.permit_by(&snapshot, topic);
        permit.inspect_err(|denial| self.tell(topic, denial))
    }

    /// The same without telling anybody: for what the client did not ask for by this name.
    pub fn may_read(&self, topic: &str) -> Option<Permit> {
        self.permit_by(&self.snapshot(), topic).ok()
    }

    fn permit_by(&self, snapshot: &Snapshot, topic: &str) -> Result<Permit, Denial> {
        let permit = authz::decide(snapshot, &self.principal, topic, model::Door::Kafka)?;
        match self.is_here(permit.grant()) {
            true => Ok(permit),
            false => Err(Denial::NotFound),
        }
    }

    fn is_here(&self, grant: &Grant) -> bool {
        grant.cluster.name == self.cluster.backend()
    }

    /// Tells its owner why this client did not get what it asked for by name.
    fn tell(&self, topic: &str, denial: &Denial) {
        self.refused(denial.code(), &denial.to_string(), Some(topic));
    }

    /// Tells its owner what was refused, and why: by the name that the client used, whether or not
    /// there is something of that name.
    pub(super) fn refused(&self, code: &'static str, words: &str, address: Option<&str>) {
        let refusal = Refusal::new(model::Door::Kafka, code, words);
        let refusal = refusal.of(&self.principal.credential);
        self.door.meters.refused(match address {
            Some(address) => refusal.at(address),
            None => refusal,
        });
    }

    /// Whether it may write to the endpoint at this address.
    ///
    /// # Errors
    /// [`Denial`].
    pub fn write_permit(&self, topic: &str) -> Result<WritePermit, Denial> {
        let (snapshot, door) = (self.snapshot(), model::Door::Kafka);
        let permit = authz::decide_writing(&snapshot, &self.principal, topic, door);
        let permit = permit.and_then(|permit| match self.is_here(permit.grant()) {
            true => Ok(permit),
            false => Err(Denial::NotFound),
        });
        permit.inspect_err(|denial| self.tell(topic, denial))
    }

    /// Whether it may know of the endpoint at this address: it may read from it or write to it.
    ///
    /// # Errors
    /// [`Denial`].
    pub fn sight(&self, topic: &str) -> Result<Sight, Denial> {
        let snapshot = self.snapshot();
        let sight = self.sight_by(&snapshot, topic);
        sight.inspect_err(|denial| self.tell(topic, denial))
    }

    fn sight_by(&self, snapshot: &Snapshot, topic: &str) -> Result<Sight, Denial> {
        let sight = authz::decide_seeing(snapshot, &self.principal, topic, model::Door::Kafka)?;
        match self.is_here(sight.grant()) {
            true => Ok(sight),
            false => Err(Denial::NotFound),
        }
    }

    /// Everything it may know of, by address.
    pub fn sights(&self) -> Vec<Sight> {
        let snapshot = self.snapshot();
        let grants = snapshot.grants.get(&*self.principal.application);
        let grants = grants.into_iter().flat_map(|grants| grants.values());
        let mut sights: Vec<Sight> = grants
            .filter_map(|grant| self.sight_by(&snapshot, grant.endpoint.spec.address()).ok())
            .collect();
        sights.sort_by(|a, b| address(a.grant()).cmp(address(b.grant())));
        sights
    }

    /// What it knows under this topic id.
    ///
    /// # Errors
    /// [`UnknownId`].
    pub async fn sight_by_id(&self, id: &[u8; 16]) -> Result<Sight, UnknownId> {
        if let Some(endpoint) = self.cluster.endpoint_of(id) {
            let snapshot = self.snapshot();
            let grant = snapshot.grant(&self.principal.application, &endpoint);
            let grant = grant.ok_or(UnknownId::NotAllowed)?;
            let sight = self.sight_by(&snapshot, grant.endpoint.spec.address());
            let sight = sight.map_err(|_| UnknownId::NotAllowed)?;
            return match self.is_id_of(id, sight.grant()).await {
                true => Ok(sight),
                false => Err(UnknownId::Nothing),
            };
        }
        // Made by another replica, or before this one started.
        let sights = self.sights();
        let looks = sights.iter().map(|sight| self.is_id_of(id, sight.grant()));
        let found = futures_util::future::join_all(looks).await;
        let found = sights.into_iter().zip(found).find_map(|(sight, is)| is.then_some(sight));
        found.ok_or(UnknownId::Nothing)
    }

    /// Everything it may read, by address.
    pub fn permits(&self) -> Vec<Permit> {
        let snapshot = self.snapshot();
        let grants = snapshot.grants.get(&*self.principal.application);
        let grants = grants.into_iter().flat_map(|grants| grants.values());
        let mut permits: Vec<Permit> = grants
            .filter_map(|grant| self.permit_by(&snapshot, grant.endpoint.spec.address()).ok())
            .collect();
        permits.sort_by(|a, b| address(a.grant()).cmp(address(b.grant())));
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

    /// The permit for what it sees under this topic id.
    ///
    /// # Errors
    /// [`UnknownId`].
    pub async fn permit_by_id(&self, id: &[u8; 16]) -> Result<Permit, UnknownId> {
        let sight = self.sight_by_id(id).await?;
        let permit = self.permit(sight.grant().endpoint.spec.address());
        permit.map_err(|_| UnknownId::NotAllowed)
    }

    async fn is_id_of(&self, id: &[u8; 16], grant: &Grant) -> bool {
        // What was known last will do while the cluster is away: it is no reason to forget a topic.
        let topic = self.upstream().leader_epochs(&grant.endpoint.spec.topic).await;
        topic.is_ok_and(|(topic, _)| self.virtual_id(&grant.endpoint.name, &topic.id) == *id)
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

    /// Counts what it wrote under this permit.
    pub(super) fn wrote(&self, permit: &WritePermit, events: u64, bytes: u64) {
        let grant = permit.grant();
        let mut meters = self.meters.lock();
        if meters.len() >= METERS_MAX {
            meters.clear();
        }
        let meter = meters
            .entry((grant.name.to_string(), grant.plan_name().to_owned()))
            .or_insert_with(|| self.door.meters.write_meter(permit, model::Door::Kafka));
        meter.comes_from(self.peer);
        meter.count(events, bytes);
    }

    /// Its places among the connections that plans allow.
    pub(super) fn places(&self) -> &Arc<Places> {
        &self.places
    }

    /// What is left of a subscription's limits, over all its connections and doors.
    pub fn budget(&self, permit: &Permit) -> Arc<Budget> {
        let grant = permit.grant();
        self.door.quotas.budget(&grant.name, &grant.plan.limits)
    }
}

fn address(grant: &Grant) -> &str {
    grant.endpoint.spec.address()
}
