//! The part of a snapshot that a small change concerns: what changed and what depends on it, on top
//! of the snapshot before. Only where everything was right before and is right afterwards; whatever
//! is wrong is judged over the whole, so that there is one way to say what.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use super::{Building, same_keys};
use crate::{
    chains::Chains,
    model::{Kind, Spec, Subscription},
    references::visit,
    resources::{Difference, Resources},
    snapshot::Snapshot,
    state::{Built, State},
};

/// Resources that a change may touch; more are not looked at one by one.
const CHANGES_MAX: usize = 200;

/// Kinds that name others, with the kinds that they name; each after those that it depends on.
const DEPENDENTS: [(Kind, &[Kind]); 5] = [
    (Kind::Endpoint, &[Kind::Endpoint, Kind::Cluster]),
    (Kind::Plan, &[Kind::Endpoint, Kind::Policy]),
    (Kind::Credential, &[Kind::Application]),
    (Kind::Token, &[Kind::User]),
    (Kind::Subscription, &[Kind::Application, Kind::Endpoint, Kind::Plan]),
];

/// Names by kind.
type Touched<'a> = HashMap<Kind, HashSet<&'a str>>;

/// `None`: the whole must be looked at.
pub(super) fn build(before: &State, now: &State, version: u64) -> Option<Built> {
    let sound = before.broken.is_empty() && before.snapshot.problems.is_empty();
    if !sound || before.snapshot.version == 0 {
        return None;
    }
    let differences = now.resources.differences(&before.resources).take(CHANGES_MAX + 1);
    let changed: Vec<Difference<'_>> = differences.collect();
    // Clusters and keys concern nearly everything.
    let wide = |one: &Difference<'_>| matches!(one.kind, Kind::Cluster | Kind::Key);
    if changed.len() > CHANGES_MAX || changed.iter().any(wide) {
        return None;
    }
    let (keys, failed_keys) = now.hash_keys();
    if !failed_keys.is_empty() || !same_keys(&keys, &before.hash_keys().0) {
        return None;
    }
    let mut building = Building {
        before,
        now,
        broken_before: HashSet::new(),
        keys_same: true,
        chains: Chains::new(&now.resources, keys, &failed_keys, before.chains.clone()),
        snapshot: begin(before, now, version),
        broken: Vec::new(),
    };
    let touched = touched(&changed, &now.resources);
    building.users();
    building.clusters();
    let all_there = names_what_is_there(&touched, &now.resources);
    if !all_there || !same_clusters(&building.snapshot, &before.snapshot) {
        return None;
    }
    building.forget(&changed);
    building.remake(&changed, &touched)?;
    building.previews();
    let right = building.broken.is_empty() && building.snapshot.problems.is_empty();
    let Building { snapshot, broken, chains, .. } = building;
    right.then(|| Built { snapshot, broken, chains: chains.into_known() })
}

/// The snapshot before, to be changed.
fn begin(before: &State, now: &State, version: u64) -> Snapshot {
    let old = &before.snapshot;
    Snapshot {
        version,
        endpoints: old.endpoints.clone(),
        applications: old.applications.clone(),
        credentials: old.credentials.clone(),
        identities: old.identities.clone(),
        grants: old.grants.clone(),
        tickets: now.tickets.clone(),
        // Few, and made anew.
        clusters: HashMap::new(),
        users: HashSet::new(),
        previews: HashMap::new(),
        problems: Vec::new(),
    }
}

/// What changed, and what depends on it.
fn touched<'a>(changed: &[Difference<'a>], now: &'a Resources) -> Touched<'a> {
    let mut touched = Touched::new();
    for one in changed {
        touched.entry(one.kind).or_default().insert(one.name);
    }
    for (kind, named) in DEPENDENTS {
        if !named.iter().any(|named| touched.contains_key(named)) {
            continue;
        }
        let mut found = Vec::new();
        for (name, resource) in now.of(kind) {
            let mut depends = false;
            visit(&resource.spec, |to| {
                depends |= touched.get(&to.kind).is_some_and(|names| names.contains(to.name));
            });
            if depends {
                found.push(&**name);
            }
        }
        if !found.is_empty() {
            touched.entry(kind).or_default().extend(found);
        }
    }
    touched
}

fn names_what_is_there(touched: &Touched<'_>, now: &Resources) -> bool {
    let names = touched.iter().flat_map(|(kind, names)| names.iter().map(|name| (*kind, *name)));
    names.filter_map(|(kind, name)| now.find(kind, name)).all(|resource| {
        let mut there = true;
        visit(&resource.spec, |to| there &= now.find(to.kind, to.name).is_some());
        there
    })
}

fn same_clusters(one: &Snapshot, two: &Snapshot) -> bool {
    let same =
        |(name, cluster)| two.clusters.get(name).is_some_and(|old| Arc::ptr_eq(old, cluster));
    one.clusters.len() == two.clusters.len() && one.clusters.iter().all(same)
}

impl Building<'_> {
    /// Takes out what changed, as it was.
    fn forget(&mut self, changed: &[Difference<'_>]) {
        let snapshot = &mut self.snapshot;
        for Difference { name, before, .. } in changed {
            let name: &str = name;
            match before.map(|before| &before.spec) {
                Some(Spec::Endpoint(old)) => {
                    Arc::make_mut(&mut snapshot.endpoints).remove(old.address());
                }
                Some(Spec::Application(_)) => {
                    Arc::make_mut(&mut snapshot.applications).remove(name);
                }
                Some(Spec::Credential(_)) => {
                    Arc::make_mut(&mut snapshot.credentials).remove(name);
                }
                Some(Spec::Subscription(old)) => {
                    let Some(held) = snapshot.grants.get_mut(&*old.application) else { continue };
                    // Another of the same application and endpoint may be the one that is live.
                    if held.get(&*old.endpoint).is_some_and(|grant| *grant.name == *name) {
                        Arc::make_mut(held).remove(&*old.endpoint);
                    }
                    if held.is_empty() {
                        snapshot.grants.remove(&*old.application);
                    }
                }
                _ => {}
            }
        }
    }

    /// Puts in what changed and what depends on it, as it is; `None`: something is wrong.
    fn remake(&mut self, changed: &[Difference<'_>], touched: &Touched<'_>) -> Option<()> {
        let mut credentials_changed = false;
        for Difference { kind, name, after, .. } in changed {
            credentials_changed |= *kind == Kind::Credential;
            match after.map(|after| &after.spec) {
                Some(Spec::Endpoint(endpoint)) => self.endpoint(name, endpoint),
                Some(Spec::Application(application)) => {
                    let applications = Arc::make_mut(&mut self.snapshot.applications);
                    applications.insert(Arc::clone(name), Arc::clone(application));
                }
                Some(Spec::Policy(_)) => self.policy(name),
                _ => {}
            }
        }
        if credentials_changed {
            self.credentials();
        }
        let of = |kind| touched.get(&kind).into_iter().flatten().copied().collect::<BTreeSet<_>>();
        for name in of(Kind::Plan) {
            if let Some(plan) = self.now.resources.plan(name) {
                self.plan(name, plan);
            }
        }
        for name in of(Kind::Subscription) {
            let held = self.now.resources.entry(Kind::Subscription, name);
            let Some((name, held)) = held else { continue };
            let Spec::Subscription(subscription) = &held.spec else { continue };
            self.regrant(name, subscription)?;
        }
        Some(())
    }

    fn regrant(&mut self, name: &Arc<str>, subscription: &Arc<Subscription>) -> Option<()> {
        let grants = &mut self.snapshot.grants;
        if let Some(held) = grants.get_mut(&*subscription.application)
            && held.get(&*subscription.endpoint).is_some_and(|grant| grant.name == *name)
        {
            Arc::make_mut(held).remove(&*subscription.endpoint);
        }
        self.subscription(name, subscription);
        let served = self.snapshot.grant(&subscription.application, &subscription.endpoint);
        let served = served.is_some_and(|grant| grant.name == *name);
        (served == subscription.state.is_live()).then_some(())
    }
}
