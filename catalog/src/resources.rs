//! All resources by kind and name, cheap to copy so that a change is tried on a copy.

use std::{collections::BTreeMap, sync::Arc};

use policies::Rule;

use crate::{
    model::{
        API_VERSION, Application, Cluster, Credential, Endpoint, Export, Key, Kind, Metadata, Plan,
        Policy, PolicyReference, Resource, Spec, Subscription, Team, Token, User,
    },
    named::{Differing, Named},
};

/// All resources. A copy shares what is not changed in it.
#[derive(Clone, Default)]
pub(crate) struct Resources(BTreeMap<Kind, Named>);

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
        self.entry(kind, name).map(|(_, resource)| resource)
    }

    /// A resource with its name as it is held.
    pub(crate) fn entry(&self, kind: Kind, name: &str) -> Option<(&Arc<str>, &Arc<Resource>)> {
        self.0.get(&kind)?.entry(name)
    }

    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.0.get(&kind).map_or(0, Named::len)
    }

    pub(crate) fn of(&self, kind: Kind) -> impl Iterator<Item = (&Arc<str>, &Arc<Resource>)> {
        self.0.get(&kind).into_iter().flat_map(Named::iter)
    }

    /// Those of a kind whose names follow `after`, in order.
    pub(crate) fn after<'a>(
        &'a self,
        kind: Kind,
        after: &'a str,
    ) -> impl Iterator<Item = (&'a Arc<str>, &'a Arc<Resource>)> {
        self.0.get(&kind).into_iter().flat_map(move |named| named.after(after))
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (Kind, &Arc<str>, &Arc<Resource>)> {
        self.0
            .iter()
            .flat_map(|(kind, named)| named.iter().map(|(name, resource)| (*kind, name, resource)))
    }

    pub(crate) fn put(&mut self, name: Arc<str>, resource: Arc<Resource>) {
        self.0.entry(resource.spec.kind()).or_default().put(name, resource);
    }

    pub(crate) fn remove(&mut self, kind: Kind, name: &str) -> Option<Arc<Resource>> {
        self.0.get_mut(&kind)?.remove(name)
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

    /// What differs from an earlier state, by kind and name. What is the same in memory is not
    /// looked into.
    pub(crate) fn differences<'a>(
        &'a self,
        before: &'a Self,
    ) -> impl Iterator<Item = Difference<'a>> {
        Kind::ALL.into_iter().flat_map(move |kind| {
            self.differing(kind, before).map(move |Differing { name, before, after }| Difference {
                kind,
                name,
                before,
                after,
            })
        })
    }

    /// What differs from an earlier state in one kind, by name.
    pub(crate) fn differing<'a>(
        &'a self,
        kind: Kind,
        before: &'a Self,
    ) -> impl Iterator<Item = Differing<'a>> + use<'a> {
        static NONE: Named = Named::NONE;
        let of = |one: &'a Self| one.0.get(&kind).unwrap_or(&NONE);
        of(self).differing(of(before))
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

/// A resource as people read it back.
pub(crate) fn export(name: &str, resource: &Resource) -> Result<Export, serde_json::Error> {
    Ok(Export {
        api_version: API_VERSION,
        kind: resource.spec.kind(),
        metadata: Metadata { name: name.to_owned(), labels: resource.labels.clone() },
        spec: resource.spec.to_json()?,
    })
}
