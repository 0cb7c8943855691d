//! From resources to a snapshot: every reference followed, every chain compiled, everything that
//! did not change taken over from the version before. Where all was right and little changed, only
//! what changed and what depends on it is looked at ([`part`]); the outcome is the same.

mod part;
mod previews;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use policies::{Chain, HashKey};

use crate::{
    chains::Chains,
    identities::Identities,
    lifecycle::no_such_version,
    model::{
        Cluster, Door, Endpoint, Kind, PayloadFormat, Plan, PolicyReference, Subscription,
        parse_replay_window,
    },
    references::{self, Broken},
    snapshot::{Grant, ResolvedCluster, ResolvedEndpoint, Snapshot},
    state::{Built, State},
};

/// Builds the snapshot of `now`, whose own `snapshot` is not looked at.
pub(crate) fn build(before: &State, now: &State, version: u64) -> Built {
    part::build(before, now, version).unwrap_or_else(|| whole(before, now, version))
}

/// Looks at everything.
fn whole(before: &State, now: &State, version: u64) -> Built {
    let (keys, failed_keys) = now.hash_keys();
    let (keys_before, _) = before.hash_keys();
    let keys_same = same_keys(&keys, &keys_before);
    let mut building = Building {
        before,
        now,
        broken_before: before
            .broken
            .iter()
            .map(|broken| (broken.kind, broken.name.as_str()))
            .collect(),
        keys_same,
        chains: Chains::new(&now.resources, keys, &failed_keys, before.chains.clone()),
        snapshot: Snapshot { version, tickets: now.tickets.clone(), ..Snapshot::default() },
        broken: references::dangling(&now.resources),
    };
    for (name, reason) in &failed_keys {
        building.snapshot.problems.push(format!("Key/{name}: {reason}"));
    }
    building.users();
    building.clusters();
    building.endpoints();
    building.applications();
    building.credentials();
    for (name, ..) in now.resources.policies() {
        building.policy(name);
    }
    for (name, _, plan) in now.resources.plans() {
        building.plan(name, plan);
    }
    for (name, _, subscription) in now.resources.subscriptions() {
        building.subscription(name, subscription);
    }
    building.previews();
    let Building { snapshot, broken, chains, .. } = building;
    Built { snapshot, broken, chains: chains.into_known() }
}

fn same_keys(one: &BTreeMap<String, HashKey>, two: &BTreeMap<String, HashKey>) -> bool {
    let same = |(a, b): ((&String, &HashKey), (&String, &HashKey))| {
        a.0 == b.0 && a.1.version == b.1.version && a.1.secret == b.1.secret
    };
    one.len() == two.len() && one.iter().zip(two).all(same)
}

struct Building<'a> {
    before: &'a State,
    now: &'a State,
    broken_before: HashSet<(Kind, &'a str)>,
    keys_same: bool,
    chains: Chains<'a>,
    snapshot: Snapshot,
    broken: Vec<Broken>,
}

impl Building<'_> {
    fn same(&self, kind: Kind, name: &str) -> bool {
        self.now.resources.same(&self.before.resources, kind, name)
    }

    fn same_and_sound(&self, kind: Kind, name: &str) -> bool {
        self.same(kind, name) && !self.broken_before.contains(&(kind, name))
    }

    fn clusters(&mut self) {
        for (name, _, cluster) in self.now.resources.clusters() {
            let resolved = self.cluster(name, cluster);
            let secrets =
                [("SASL password", &resolved.sasl_password), ("TLS key", &resolved.tls_key)];
            for (what, secret) in secrets {
                if let Some(Err(reason)) = secret {
                    self.snapshot.problems.push(format!("Cluster/{name}: {what}: {reason}"));
                }
            }
            self.snapshot.clusters.insert(name.to_string(), resolved);
        }
    }

    fn cluster(&self, name: &str, spec: &Arc<Cluster>) -> Arc<ResolvedCluster> {
        let sasl = spec.security.sasl.as_ref();
        let tls_key = spec.security.tls.as_ref().and_then(|tls| tls.key_from.as_ref());
        let sasl_password = sasl.map(|sasl| self.now.secret(&sasl.password_from));
        let tls_key = tls_key.map(|source| self.now.secret(source));
        match self.before.snapshot.clusters.get(name) {
            Some(old)
                if self.same(Kind::Cluster, name)
                    && old.sasl_password == sasl_password
                    && old.tls_key == tls_key =>
            {
                old.clone()
            }
            _ => {
                let (name, spec) = (name.to_owned(), Arc::clone(spec));
                Arc::new(ResolvedCluster { name, spec, sasl_password, tls_key })
            }
        }
    }

    fn endpoints(&mut self) {
        for (name, _, endpoint) in self.now.resources.endpoints() {
            self.endpoint(name, endpoint);
        }
    }

    fn endpoint(&mut self, name: &str, endpoint: &Arc<Endpoint>) {
        let address = endpoint.address();
        if let Some(other) = self.snapshot.endpoints.get(address) {
            let message = format!(
                "address `{address}` is taken by Endpoint `{}`; give this one an `address` of its \
                 own",
                other.name
            );
            let member = if endpoint.address.is_some() { "spec.address" } else { "spec.topic" };
            self.broken.push(Broken::new(Kind::Endpoint, name, member, message));
            return;
        }
        let resolved = match self.before.snapshot.endpoints.get(address) {
            Some(old) if *old.name == *name && self.same(Kind::Endpoint, name) => old.clone(),
            _ => Arc::new(ResolvedEndpoint { name: name.to_owned(), spec: Arc::clone(endpoint) }),
        };
        Arc::make_mut(&mut self.snapshot.endpoints).insert(address.into(), resolved);
    }

    /// An endpoint as it is served, by its name.
    fn resolved(&self, name: &str) -> Option<&Arc<ResolvedEndpoint>> {
        let endpoint = self.now.resources.endpoint(name)?;
        let found = self.snapshot.endpoints.get(endpoint.address());
        found.filter(|found| *found.name == *name)
    }

    /// Somebody at an identity provider is one user.
    fn users(&mut self) {
        let mut logins = HashMap::new();
        for (name, _, user) in self.now.resources.users() {
            if !user.disabled {
                self.snapshot.users.insert(name.clone());
            }
            let Some(login) = &user.login else { continue };
            if let Some(other) = logins.insert((&login.issuer, &login.subject), name) {
                let message = format!("is the login of User `{other}` already");
                self.broken.push(Broken::new(Kind::User, name, "spec.login", message));
            }
        }
    }

    fn applications(&mut self) {
        for (name, _, application) in self.now.resources.applications() {
            let applications = Arc::make_mut(&mut self.snapshot.applications);
            applications.insert(Arc::clone(name), Arc::clone(application));
        }
    }

    fn credentials(&mut self) {
        let (mut identities, mut credentials) = (Identities::default(), HashMap::new());
        for (name, _, credential) in self.now.resources.credentials() {
            if let Err(other) = identities.add(name, credential) {
                let member = if credential.oauth.is_some() { "oauth" } else { "certificate" };
                let message = format!(
                    "is what Credential `{other}` says already: nobody could tell which of them it \
                     is; change or revoke one"
                );
                let member = format!("spec.{member}");
                self.broken.push(Broken::new(Kind::Credential, name, &member, message));
            }
            credentials.insert(Arc::clone(name), Arc::clone(credential));
        }
        self.snapshot.credentials = Arc::new(credentials);
        self.snapshot.identities = Arc::new(identities);
    }

    /// A policy must compile whether or not a plan lists it already.
    fn policy(&mut self, name: &str) {
        if self.keys_same && self.same_and_sound(Kind::Policy, name) {
            return;
        }
        if let Err(error) = self.chains.for_anybody(&[name.to_owned()]) {
            self.add_once(error.broken());
        }
    }

    fn plan(&mut self, name: &str, plan: &Plan) {
        if self.keys_same && self.plan_is_same(name, plan) {
            return;
        }
        self.check_doors(name, plan);
        self.check_versions(name, plan);
        match self.chains.for_anybody(&plan.policies) {
            Ok(chain) => self.check_format(name, plan, &chain),
            Err(error) => self.add_once(error.broken()),
        }
    }

    /// Whether the plan and all that decides over its chain is as before and was right. What was
    /// wrong is judged again, so that what is told is always what is wrong now.
    fn plan_is_same(&self, name: &str, plan: &Plan) -> bool {
        self.same_and_sound(Kind::Plan, name)
            && self.same(Kind::Endpoint, &plan.endpoint)
            && plan
                .policies
                .iter()
                .all(|policy| self.same_and_sound(Kind::Policy, PolicyReference::name_of(policy)))
    }

    /// A plan that names a version gets that version or nothing.
    fn check_versions(&mut self, name: &str, plan: &Plan) {
        for (index, named) in plan.policies.iter().enumerate() {
            let Ok(PolicyReference { name: policy_name, version: Some(version) }) =
                PolicyReference::parse(named)
            else {
                continue;
            };
            let Some(policy) = self.now.resources.policy(policy_name) else { continue };
            if policy.rules_of(Some(version)).is_none() {
                let why = no_such_version(policy, version);
                let member = format!("spec.policies[{index}]");
                let message = format!("Policy `{policy_name}` {why}");
                self.broken.push(Broken::new(Kind::Plan, name, &member, message));
            }
        }
    }

    /// A plan that offers no door through which the endpoint can be used is of no use to anybody.
    fn check_doors(&mut self, name: &str, plan: &Plan) {
        let Some(endpoint) = self.now.resources.endpoint(&plan.endpoint) else {
            return;
        };
        let writes = |door: &Door| matches!(door, Door::Kafka | Door::Http);
        let only_written = !endpoint.direction.allows_consuming();
        if only_written && !plan.doors.is_empty() && !plan.doors.iter().any(writes) {
            let message = format!(
                "offers no door to write through, but Endpoint `{}` is only written to; add \
                 `kafka`",
                plan.endpoint
            );
            self.broken.push(Broken::new(Kind::Plan, name, "spec.doors", message));
        }
    }

    fn check_format(&mut self, name: &str, plan: &Plan, chain: &Chain) {
        let Some(endpoint) = self.now.resources.endpoint(&plan.endpoint) else {
            return;
        };
        if chain.reads_json() && endpoint.format != PayloadFormat::Json {
            let message = format!(
                "has rules that read the value as JSON, but Endpoint `{}` has format `{}`; use \
                 policies without such rules, or set the endpoint's format to `json`",
                plan.endpoint,
                format_name(endpoint.format),
            );
            self.broken.push(Broken::new(Kind::Plan, name, "spec.policies", message));
        }
    }

    fn subscription(&mut self, name: &Arc<str>, subscription: &Arc<Subscription>) {
        if !self.check_subscription(name, subscription) || !subscription.state.is_live() {
            return;
        }
        let Some(grant) = self.grant(name, subscription) else { return };
        if let Err(reason) = &grant.chain {
            self.snapshot.problems.push(format!("Subscription/{name}: {reason}"));
        }
        let held = |kind, name: &str| self.now.resources.entry(kind, name).map(|(name, _)| name);
        let application = held(Kind::Application, &subscription.application);
        let Some((application, endpoint)) =
            application.zip(held(Kind::Endpoint, &subscription.endpoint))
        else {
            return;
        };
        let of_application = self.snapshot.grants.entry(Arc::clone(application)).or_default();
        Arc::make_mut(of_application).insert(Arc::clone(endpoint), grant);
    }

    fn check_subscription(&mut self, name: &str, subscription: &Subscription) -> bool {
        let Some(plan) = self.now.resources.plan(&subscription.plan) else {
            return false;
        };
        if plan.endpoint != subscription.endpoint {
            let message = format!(
                "Plan `{}` is an offer on Endpoint `{}`, not on `{}`; choose a plan of this \
                 endpoint",
                subscription.plan, plan.endpoint, subscription.endpoint
            );
            self.broken.push(Broken::new(Kind::Subscription, name, "spec.plan", message));
            return false;
        }
        let first = self.snapshot.grant(&subscription.application, &subscription.endpoint);
        if let Some(first) = first.filter(|_| subscription.state.is_live()) {
            let message = format!(
                "Application `{}` already has a live subscription to Endpoint `{}`: Subscription \
                 `{}`; to change its plan, change that one",
                subscription.application, subscription.endpoint, first.name
            );
            self.broken.push(Broken::new(Kind::Subscription, name, "spec.endpoint", message));
            return false;
        }
        true
    }

    /// `None` when something that it names is missing, which is told elsewhere.
    fn grant(&mut self, name: &Arc<str>, subscription: &Arc<Subscription>) -> Option<Arc<Grant>> {
        let endpoint = self.resolved(&subscription.endpoint)?.clone();
        let cluster = self.snapshot.clusters.get(&endpoint.spec.cluster)?.clone();
        let application = self.snapshot.applications.get(&*subscription.application)?.clone();
        let plan = self.now.resources.plan(&subscription.plan)?;
        let old = self.before.snapshot.grant(&subscription.application, &subscription.endpoint);
        let reusable = |old: &&Arc<Grant>| {
            old.name == *name
                && old.chain.is_ok()
                && self.keys_same
                && Arc::ptr_eq(&old.endpoint, &endpoint)
                && Arc::ptr_eq(&old.cluster, &cluster)
                && self.same(Kind::Subscription, name)
                && self.same(Kind::Application, &subscription.application)
                && self.plan_is_same(&subscription.plan, plan)
        };
        if let Some(old) = old.filter(reusable) {
            return Some(old.clone());
        }
        let chain = self.chain_of(name, subscription, plan, &application.attributes);
        Some(Arc::new(Grant {
            name: Arc::clone(name),
            subscription: Arc::clone(subscription),
            plan: Arc::clone(plan),
            endpoint,
            cluster,
            replay_window: plan.replay_window.as_deref().and_then(|w| parse_replay_window(w).ok()),
            chain,
        }))
    }

    /// The chain of one subscription. A missing attribute is told at the subscription: the policy
    /// is right, and other applications may well have the attribute.
    fn chain_of(
        &mut self,
        name: &str,
        subscription: &Subscription,
        plan: &Plan,
        attributes: &BTreeMap<String, String>,
    ) -> Result<Arc<Chain>, String> {
        if let Some(missing) = self.chains.missing_attribute(&plan.policies, attributes) {
            let message = format!(
                "Application `{}` {missing}; add it to the application's `attributes`",
                subscription.application
            );
            self.broken.push(Broken::new(
                Kind::Subscription,
                name,
                "spec.application",
                message.clone(),
            ));
            return Err(message);
        }
        let chain = self.chains.chain(&plan.policies, attributes);
        chain.map_err(|error| {
            self.add_once(error.broken());
            error.to_string()
        })
    }

    fn add_once(&mut self, broken: Option<Broken>) {
        self.broken.extend(broken.filter(|broken| !self.broken.contains(broken)));
    }
}

fn format_name(format: PayloadFormat) -> &'static str {
    match format {
        PayloadFormat::Json => "json",
        PayloadFormat::Text => "text",
        PayloadFormat::Bytes => "bytes",
    }
}
