//! The catalog as somebody gets to see it: what they may not see is not there, not even counted.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{Operation, Rights, Verdict};
use crate::{
    catalog::{PAGE_ITEMS_MAX, Page},
    feed::{Changed, ChangedResource},
    inspect::{PARTITIONS_LABEL, Watched},
    model::{Endpoint, Export, Kind, Lifecycle, Plan, Resource, Spec, parse_replay_window},
    resources::export,
    select::{self, Filter, Order},
    state::State,
};

/// One version of the catalog, for somebody.
#[derive(Clone)]
pub struct View {
    pub(crate) state: Arc<State>,
    pub(crate) rights: Rights,
}

impl View {
    /// A resource as it was applied, without secrets.
    pub fn find(&self, kind: Kind, name: &str) -> Option<Export> {
        let (name, resource) = self.state.resources.entry(kind, name)?;
        self.sees(name, resource).then(|| export(name, resource).ok())?
    }

    /// Resources of a kind whose names follow `after` (none: from the first), at most `limit`.
    pub fn list(&self, kind: Kind, after: Option<&str>, limit: usize) -> Page {
        let limit = limit.clamp(1, PAGE_ITEMS_MAX);
        let seen = |(name, resource): &(&Arc<str>, &Arc<Resource>)| self.sees(name, resource);
        let after = after.unwrap_or_default();
        let mut rest = self.state.resources.after(kind, after).filter(seen);
        let items: Vec<Export> = rest
            .by_ref()
            .take(limit)
            .filter_map(|(name, resource)| export(name, resource).ok())
            .collect();
        let last = items.last().map(|item| item.metadata.name.clone());
        let next = last.filter(|_| rest.next().is_some());
        let total = match self.rights.verdict(Operation::Read, Some(kind)) {
            Verdict::Any => self.state.resources.count(kind),
            _ => self.state.resources.of(kind).filter(seen).count(),
        };
        Page { items, next, total }
    }

    /// Resources of a kind that a filter takes, in an order.
    pub fn select(
        &self,
        kind: Kind,
        (filter, order): (&Filter, &Order),
        after: Option<&str>,
        limit: usize,
    ) -> Page {
        if filter.is_empty() && order.is_by_name() {
            return self.list(kind, after, limit);
        }
        let all = self.state.resources.of(kind);
        let seen = all.filter(|(name, resource)| self.sees(name, resource));
        let found = seen.filter_map(|(name, resource)| export(name, resource).ok());
        let found = found.filter(|resource| filter.takes(resource)).collect();
        select::page(found, order, after, limit.clamp(1, PAGE_ITEMS_MAX))
    }

    /// An endpoint.
    pub fn endpoint(&self, name: &str) -> Option<Arc<Endpoint>> {
        let resources = &self.state.resources;
        let seen = self.rights.see(Kind::Endpoint, name, resources);
        resources.endpoint(name).filter(|_| seen).cloned()
    }

    /// All endpoints, in the order of their names.
    pub fn endpoints(&self) -> Vec<(String, Arc<Endpoint>)> {
        let all = self.state.resources.endpoints();
        let seen = all.filter(|(name, resource, _)| self.sees(name, resource));
        seen.map(|(name, _, endpoint)| (name.to_string(), Arc::clone(endpoint))).collect()
    }

    /// Endpoints of a cluster's topics, and the topics: all but what is retired.
    pub fn topics_of(&self, cluster: &str) -> Vec<(String, String)> {
        let all = self.state.resources.endpoints();
        let of_it = all.filter(|(_, _, endpoint)| {
            endpoint.cluster == cluster && endpoint.lifecycle != Lifecycle::Retired
        });
        let seen = of_it.filter(|(name, resource, _)| self.sees(name, resource));
        seen.map(|(name, _, endpoint)| (name.to_string(), endpoint.topic.clone())).collect()
    }

    /// Endpoints of a cluster's topics, with what is to be compared with them: all but what is
    /// retired.
    pub fn watched(&self, cluster: &str) -> Vec<Watched> {
        let mut replay: BTreeMap<&str, Vec<(String, Duration)>> = BTreeMap::new();
        for (name, _, plan) in self.state.resources.plans() {
            let window = plan.replay_window.as_deref().map(parse_replay_window);
            if let Some(Ok(window)) = window {
                replay.entry(&plan.endpoint).or_default().push((name.to_string(), window));
            }
        }
        let all = self.state.resources.endpoints().filter(|(name, resource, endpoint)| {
            endpoint.cluster == cluster
                && endpoint.lifecycle != Lifecycle::Retired
                && self.sees(name, resource)
        });
        let watched = all.map(|(name, resource, endpoint)| Watched {
            name: name.to_string(),
            endpoint: Arc::clone(endpoint),
            partitions: resource.labels.get(PARTITIONS_LABEL).and_then(|text| text.parse().ok()),
            replay: replay.remove(&**name).unwrap_or_default(),
        });
        watched.collect()
    }

    /// The plans of an endpoint, in the order of their names.
    pub fn plans_of(&self, endpoint: &str) -> Vec<(String, Arc<Plan>)> {
        let all = self.state.resources.plans();
        let of = all.filter(|(name, resource, plan)| {
            plan.endpoint == endpoint && self.sees(name, resource)
        });
        of.map(|(name, _, plan)| (name.to_string(), Arc::clone(plan))).collect()
    }

    /// The names of the subscriptions to an endpoint.
    pub fn subscriptions_of(&self, endpoint: &str) -> Vec<String> {
        let all = self.state.resources.subscriptions();
        let of = all.filter(|(name, resource, subscription)| {
            subscription.endpoint == endpoint && self.sees(name, resource)
        });
        of.map(|(name, ..)| name.to_string()).collect()
    }

    /// The application of a subscription: whoever sees what is asked for sees who asks.
    pub fn application_of(&self, subscription: &str) -> Option<Export> {
        let resources = &self.state.resources;
        let (name, resource) = resources.entry(Kind::Subscription, subscription)?;
        let Spec::Subscription(found) = &resource.spec else { return None };
        let (asking, of) = resources.entry(Kind::Application, &found.application)?;
        self.sees(name, resource).then(|| export(asking, of).ok())?
    }

    /// The names of the credentials of an application.
    pub fn credentials_of(&self, application: &str) -> Vec<String> {
        let all = self.state.resources.credentials();
        let of = all.filter(|(name, resource, credential)| {
            credential.application == application && self.sees(name, resource)
        });
        of.map(|(name, ..)| name.to_string()).collect()
    }

    /// What they get to know of a change.
    pub fn of_change(&self, changed: &Changed) -> Changed {
        let known = |one: &&ChangedResource| {
            // Whose it was cannot be said of what is gone.
            self.rights.verdict(Operation::Read, Some(one.kind)) == Verdict::Any
                || self.rights.see(one.kind, &one.name, &self.state.resources)
        };
        let resources = changed.resources.iter().filter(known).cloned().collect();
        Changed { version: changed.version, resources }
    }

    fn sees(&self, name: &str, resource: &Resource) -> bool {
        self.rights.allow(Operation::Read, (name, resource), &self.state.resources)
    }
}
