//! Which resource names which other, so that none names what is not there and none that is named
//! goes away.

use crate::{
    document::{Place, suggest::nearest},
    model::{Kind, PolicyReference, Spec},
    people::Meant,
    resources::Resources,
};

/// One resource named by another.
#[derive(Clone, Copy)]
pub(crate) struct Reference<'a> {
    pub(crate) kind: Kind,
    pub(crate) name: &'a str,
    /// The member that names it.
    member: &'static str,
    /// Its element, when the member is a list.
    index: Option<usize>,
}

impl Reference<'_> {
    fn path(&self) -> String {
        match self.index {
            Some(index) => format!("spec.{}[{index}]", self.member),
            None => format!("spec.{}", self.member),
        }
    }
}

/// A resource that would be wrong, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) message: String,
    /// What was perhaps meant.
    pub(crate) meant: Option<Meant>,
}

impl Broken {
    pub(crate) fn new(kind: Kind, name: &str, member: &str, message: String) -> Self {
        Self { kind, name: name.to_owned(), place: Place::parse(member), message, meant: None }
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}: {}: {}", self.kind, self.name, self.place, self.message)
    }
}

/// Visits the resources that a noun names.
pub(crate) fn visit<'a>(spec: &'a Spec, mut see: impl FnMut(Reference<'a>)) {
    let mut to = |kind, name: &'a str, member, index| see(Reference { kind, name, member, index });
    match spec {
        Spec::Endpoint(endpoint) => {
            to(Kind::Cluster, &endpoint.cluster, "cluster", None);
            if let Some(successor) = &endpoint.successor {
                to(Kind::Endpoint, successor, "successor", None);
            }
        }
        Spec::Plan(plan) => {
            to(Kind::Endpoint, &plan.endpoint, "endpoint", None);
            for (index, policy) in plan.policies.iter().enumerate() {
                let policy = PolicyReference::name_of(policy);
                to(Kind::Policy, policy, "policies", Some(index));
            }
        }
        Spec::Subscription(subscription) => {
            to(Kind::Application, &subscription.application, "application", None);
            to(Kind::Endpoint, &subscription.endpoint, "endpoint", None);
            to(Kind::Plan, &subscription.plan, "plan", None);
        }
        Spec::Credential(credential) => {
            to(Kind::Application, &credential.application, "application", None);
        }
        Spec::Token(token) => to(Kind::User, &token.user, "user", None),
        Spec::Domain(_)
        | Spec::Team(_)
        | Spec::User(_)
        | Spec::Cluster(_)
        | Spec::Key(_)
        | Spec::Policy(_)
        | Spec::Application(_) => {}
    }
}

/// Resources that name what is not there.
pub(crate) fn dangling(resources: &Resources) -> Vec<Broken> {
    let mut broken = Vec::new();
    for (kind, name, resource) in resources.all() {
        visit(&resource.spec, |reference| {
            if resources.find(reference.kind, reference.name).is_none() {
                broken.push(missing(resources, reference, (kind, name)));
            }
        });
    }
    broken
}

fn missing(resources: &Resources, reference: Reference<'_>, from: (Kind, &str)) -> Broken {
    /// Names looked at for a suggestion: looking costs, and comes once per problem.
    const NAMES_MAX: usize = 1000;
    let kind = reference.kind;
    let names = resources.of(kind).map(|(name, _)| &**name).take(NAMES_MAX);
    let meant = nearest(reference.name, names);
    let message = format!("{kind} `{}` does not exist", reference.name);
    let meant = meant.map(|name| Meant { kind, name: name.to_owned() });
    Broken { meant, ..Broken::new(from.0, from.1, &reference.path(), message) }
}

/// Resources that name this one.
pub(crate) fn referrers(resources: &Resources, kind: Kind, name: &str) -> Vec<Broken> {
    let mut found = Vec::new();
    for (from_kind, from_name, resource) in resources.all() {
        visit(&resource.spec, |reference| {
            if reference.kind == kind && reference.name == name {
                let message = format!("refers to {kind} `{name}`; delete or change it first");
                found.push(Broken::new(from_kind, from_name, &reference.path(), message));
            }
        });
    }
    found
}
