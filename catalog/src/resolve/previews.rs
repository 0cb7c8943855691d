//! What people may look at who have no subscription: plans that allow it, as if somebody had
//! subscribed to them for an application without attributes.

use std::{collections::BTreeMap, sync::Arc};

use super::Building;
use crate::{
    model::{Plan, Subscription, SubscriptionState, parse_replay_window},
    snapshot::Grant,
};

impl Building<'_> {
    pub(super) fn previews(&mut self) {
        for (name, _, plan) in self.now.resources.plans() {
            if let Some(grant) = plan.preview.then(|| self.preview(name, plan)).flatten() {
                self.snapshot.previews.insert(Arc::clone(name), grant);
            }
        }
    }

    /// `None` when something that it names is missing, which is told elsewhere.
    fn preview(&mut self, name: &Arc<str>, plan: &Arc<Plan>) -> Option<Arc<Grant>> {
        let endpoint = self.resolved(&plan.endpoint)?.clone();
        let cluster = self.snapshot.clusters.get(&endpoint.spec.cluster)?.clone();
        let reusable = |old: &&Arc<Grant>| {
            old.chain.is_ok()
                && self.keys_same
                && Arc::ptr_eq(&old.endpoint, &endpoint)
                && Arc::ptr_eq(&old.cluster, &cluster)
                && self.plan_is_same(name, plan)
        };
        if let Some(old) = self.before.snapshot.previews.get(name).filter(reusable) {
            return Some(Arc::clone(old));
        }
        let nobody = BTreeMap::new();
        let chain = match self.chains.missing_attribute(&plan.policies, &nobody) {
            Some(missing) => Err(format!("an application without attributes {missing}")),
            None => self.chains.chain(&plan.policies, &nobody).map_err(|error| error.to_string()),
        };
        let subscription = Subscription {
            endpoint: plan.endpoint.clone(),
            plan: name.to_string(),
            state: SubscriptionState::Active,
            ..Subscription::default()
        };
        Some(Arc::new(Grant {
            name: format!("preview/{name}").into(),
            subscription: Arc::new(subscription),
            plan: Arc::clone(plan),
            endpoint,
            cluster,
            replay_window: plan.replay_window.as_deref().and_then(|w| parse_replay_window(w).ok()),
            chain,
        }))
    }
}
