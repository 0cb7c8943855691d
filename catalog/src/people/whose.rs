//! Whose a resource is. A subscription has two sides: the application's, which asks, and the
//! endpoint's, which decides.

use super::{Operation, Person};
use crate::{
    model::{Endpoint, Lifecycle, Spec},
    resources::Resources,
};

/// Whether a resource is theirs, as far as an operation goes.
pub(super) fn is_own(
    person: &Person,
    (operation, name, spec): (Operation, &str, &Spec),
    among: &Resources,
) -> bool {
    let mine =
        |team: &Option<String>| team.as_ref().is_some_and(|team| person.teams.contains(team));
    let application = |name: &str| among.application(name).is_some_and(|one| mine(&one.owner));
    let endpoint = |name: &str| among.endpoint(name).is_some_and(|one| mine(&one.owner));
    match spec {
        Spec::Domain(domain) => mine(&domain.owner),
        Spec::Team(_) => person.teams.contains(name),
        Spec::User(_) => person.user == name,
        Spec::Token(token) => person.user == token.user,
        Spec::Cluster(cluster) => mine(&cluster.owner),
        Spec::Key(_) => false,
        Spec::Policy(policy) => mine(&policy.owner),
        Spec::Endpoint(endpoint) => mine(&endpoint.owner),
        Spec::Plan(plan) => endpoint(&plan.endpoint),
        Spec::Application(application) => mine(&application.owner),
        Spec::Credential(credential) => application(&credential.application),
        Spec::Subscription(subscription) => {
            let asks = || application(&subscription.application);
            let decides = || endpoint(&subscription.endpoint);
            match operation {
                Operation::Write | Operation::Delete => asks(),
                Operation::Decide => decides(),
                _ => asks() || decides(),
            }
        }
    }
}

/// Whether a resource that is not theirs is shown to them.
pub(super) fn is_seen(person: &Person, spec: &Spec, among: &Resources) -> bool {
    match spec {
        Spec::Endpoint(endpoint) => is_shown(person, endpoint),
        Spec::Plan(plan) => {
            among.endpoint(&plan.endpoint).is_some_and(|endpoint| is_shown(person, endpoint))
        }
        _ => false,
    }
}

/// Drafts are their owner's. What is retired is listed nowhere else.
fn is_shown(person: &Person, endpoint: &Endpoint) -> bool {
    let offered = matches!(endpoint.lifecycle, Lifecycle::Published | Lifecycle::Deprecated);
    let to_them = endpoint.visible_to.is_empty()
        || endpoint.visible_to.iter().any(|team| person.teams.contains(team));
    offered && to_them
}
