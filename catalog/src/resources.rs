//! All resources by kind and name, cheap to copy so that a change is tried on a copy.

use std::{cmp::Ordering, collections::BTreeMap, iter::Peekable, sync::Arc};

use policies::Rule;

use crate::model::{
    API_VERSION, Application, Cluster, Credential, Endpoint, Export, Key, Kind, Metadata, Plan,
    Policy, PolicyReference, Resource, Spec, Subscription, Team, Token, User,
};

/// The resources of one kind by name.
pub(crate) type Named = BTreeMap<Arc<str>, Arc<Resource>>;

/// All resources. A copy shares the kinds that are not changed in it.
#[derive(Clone, Default)]
pub(crate) struct Resources(BTreeMap<Kind, Arc<Named>>);

/// A resource that differs between two states.
pub(crate) struct Difference<'a> {
    pub(crate) kind: Kind,
    pub(crate) name: &'a Arc<str>,
    pub(crate) before: Option<&'a Arc<Resource>>,
    pub(crate) after: Option<&'a Arc<Resource>>,
}

/// Typed look-ups by name.
macro_rules! noun {
    ($one:ident, $all:ident, $kind:ident) => {
        #[allow(dead_code, reason = "the set is complete, whoever uses it")]
        pub(crate) fn $one(&self, name: &str) -> Option<&Arc<$kind>> {
            match &self.find(Kind::$kind, name)?.spec {
                Spec::$kind(spec) => Some(spec),
                _ => None,
            }
        }

        #[allow(dead_code, reason = "the set is complete, whoever uses it")]
        pub(crate) fn $all(
            &self,
        ) -> impl Iterator<Item = (&Arc<str>, &Arc<Resource>, &Arc<$kind>)> {
            self.of(Kind::$kind).filter_map(|(name, resource)| match &resource.spec {
                Spec::$kind(spec) => Some((name, resource, spec)),
                _ => None,
            })
        }
    };
}

impl Resources {
    noun!(team, teams, Team);
    noun!(user, users, User);
    noun!(token, tokens, Token);
    noun!(cluster, clusters, Cluster);
    noun!(key, keys, Key);
    noun!(policy, policies, Policy);
    noun!(endpoint, endpoints, Endpoint);
    noun!(plan, plans, Plan);
    noun!(application, applications, Application);
    noun!(subscription, subscriptions, Subscription);
    noun!(credential, credentials, Credential);

    pub(crate) fn find(&self, kind: Kind, name: &str) -> Option<&Arc<Resource>> {
        self.0.get(&kind)?.get(name)
    }

    /// A resource with its name as it is held.
    pub(crate) fn entry(&self, kind: Kind, name: &str) -> Option<(&Arc<str>, &Arc<Resource>)> {
        self.0.get(&kind)?.get_key_value(name)
    }

    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.0.get(&kind).map_or(0, |named| named.len())
    }

    pub(crate) fn of(&self, kind: Kind) -> impl Iterator<Item = (&Arc<str>, &Arc<Resource>)> {
        self.0.get(&kind).into_iter().flat_map(|named| named.iter())
    }

    /// Those of a kind whose names follow `after`, in order.
    pub(crate) fn after<'a>(
        &'a self,
        kind: Kind,
        after: &'a str,
    ) -> impl Iterator<Item = (&'a Arc<str>, &'a Arc<Resource>)> {
        use std::ops::Bound::{Excluded, Unbounded};
        let range = (Excluded(after), Unbounded);
        self.0.get(&kind).into_iter().flat_map(move |named| named.range::<str, _>(range))
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (Kind, &Arc<str>, &Arc<Resource>)> {
        self.0
            .iter()
            .flat_map(|(kind, named)| named.iter().map(|(name, resource)| (*kind, name, resource)))
    }

    pub(crate) fn put(&mut self, name: Arc<str>, resource: Arc<Resource>) {
        let named = self.0.entry(resource.spec.kind()).or_default();
        Arc::make_mut(named).insert(name, resource);
    }

    pub(crate) fn remove(&mut self, kind: Kind, name: &str) -> Option<Arc<Resource>> {
        // A copy is made only if there is something to remove.
        let named = self.0.get_mut(&kind).filter(|named| named.contains_key(name))?;
        Arc::make_mut(named).remove(name)
    }

    /// The policy that a plan names, and the rules of the version that it names.
    pub(crate) fn policy_named<'a, 'n>(&'a self, named: &'n str) -> Option<(&'n str, &'a [Rule])> {
        let reference = PolicyReference::parse(named).ok()?;
        let policy = self.policy(reference.name)?;
        policy.rules_of(reference.version).map(|rules| (reference.name, rules))
    }

    /// The rules of all policies that a plan names, in their order.
    pub(crate) fn rules_of(&self, plan: &Plan) -> Vec<Rule> {
        let named = plan.policies.iter().filter_map(|named| self.policy_named(named));
        named.flat_map(|(_, rules)| rules.iter().cloned()).collect()
    }

    /// The versions of a policy that plans name.
    pub(crate) fn pinned(&self, policy: &str) -> Vec<u32> {
        let named = self.plans().flat_map(|(.., plan)| &plan.policies);
        let named = named.filter_map(|named| PolicyReference::parse(named).ok());
        named.filter(|named| named.name == policy).filter_map(|named| named.version).collect()
    }

    /// What differs from an earlier state, by kind and name. Kinds and resources that are the same
    /// in memory are not looked into.
    pub(crate) fn differences<'a>(
        &'a self,
        before: &'a Self,
    ) -> impl Iterator<Item = Difference<'a>> {
        Kind::ALL.into_iter().flat_map(move |kind| {
            let (old, new) = (before.0.get(&kind), self.0.get(&kind));
            let same = old.zip(new).is_some_and(|(old, new)| Arc::ptr_eq(old, new));
            let of = |named: Option<&'a Arc<Named>>| {
                named.filter(|_| !same).into_iter().flat_map(|named| named.iter()).peekable()
            };
            Differences { kind, before: of(old), after: of(new) }
        })
    }

    /// Whether a resource is the very same in both, so that all made from it may be kept.
    pub(crate) fn same(&self, other: &Self, kind: Kind, name: &str) -> bool {
        match (self.find(kind, name), other.find(kind, name)) {
            (Some(one), Some(two)) => Arc::ptr_eq(one, two),
            (None, None) => true,
            _ => false,
        }
    }
}

/// Walks two states of one kind side by side.
struct Differences<B: Iterator, A: Iterator> {
    kind: Kind,
    before: Peekable<B>,
    after: Peekable<A>,
}

impl<'a, B, A> Iterator for Differences<B, A>
where
    B: Iterator<Item = (&'a Arc<str>, &'a Arc<Resource>)>,
    A: Iterator<Item = (&'a Arc<str>, &'a Arc<Resource>)>,
{
    type Item = Difference<'a>;

    fn next(&mut self) -> Option<Difference<'a>> {
        let kind = self.kind;
        loop {
            let order = match (self.before.peek(), self.after.peek()) {
                (None, None) => return None,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((old, _)), Some((new, _))) if Arc::ptr_eq(old, new) => Ordering::Equal,
                (Some((old, _)), Some((new, _))) => old.cmp(new),
            };
            let old = if order.is_le() { self.before.next() } else { None };
            let new = if order.is_ge() { self.after.next() } else { None };
            let (name, _) = new.or(old)?;
            let (before, after) = (old.map(|(_, old)| old), new.map(|(_, new)| new));
            let same = before.zip(after).is_some_and(|(old, new)| Arc::ptr_eq(old, new));
            if !same {
                return Some(Difference { kind, name, before, after });
            }
        }
    }
}

/// A resource as people read it back.
pub(crate) fn export(name: &str, resource: &Resource) -> Result<Export, serde_json::Error> {
    Ok(Export {
        api_version: API_VERSION,
        kind: resource.spec.kind(),
        metadata: Metadata { name: name.to_owned(), labels: resource.labels.clone() },
        spec: resource.spec.to_json()?,
    })
}
