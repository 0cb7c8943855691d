//! Moves of one resource along its table, and what ends by itself.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{Ground, Planned, work::Work};
use crate::{
    change::{ApplyError, ApplyOptions},
    lifecycle::{
        self, EndpointDetails, EndpointFacts, EndpointMove, Moving, PolicyMove,
        SubscriptionDetails, SubscriptionMove,
    },
    model::{Kind, Proof, Resource, Spec, User},
    people::{Operation, Provided},
    resources::Resources,
};

pub(super) fn subscription(
    ground: Ground<'_>,
    name: &str,
    by: SubscriptionMove,
    details: &SubscriptionDetails,
) -> Result<Planned, ApplyError> {
    let mut resource = existing(&ground, Kind::Subscription, name)?;
    let moving = Moving { actor: ground.actor, now: ground.now, details };
    if let Spec::Subscription(subscription) = &mut resource.spec {
        let plan = ground.base.resources.plan(&subscription.plan).map(Arc::as_ref);
        lifecycle::step_subscription(Arc::make_mut(subscription), by, plan, &moving)
            .map_err(|why| wrong_state(Kind::Subscription, name, &why))?;
    }
    let operation = match by {
        SubscriptionMove::Renew => Operation::Write,
        SubscriptionMove::Revoke => Operation::Revoke,
        _ => Operation::Decide,
    };
    edit(ground, operation, [(name, resource)])
}

pub(super) fn endpoint(
    ground: Ground<'_>,
    name: &str,
    by: EndpointMove,
    details: &EndpointDetails,
) -> Result<Planned, ApplyError> {
    let mut resource = existing(&ground, Kind::Endpoint, name)?;
    if let Spec::Endpoint(endpoint) = &mut resource.spec {
        let facts = facts(&ground.base.resources, name, ground.now);
        lifecycle::step_endpoint(Arc::make_mut(endpoint), by, details, facts)
            .map_err(|why| wrong_state(Kind::Endpoint, name, &why))?;
    }
    edit(ground, Operation::Move, [(name, resource)])
}

/// A policy's move can break subscribers, as an apply can.
pub(super) fn policy(
    ground: Ground<'_>,
    name: &str,
    by: PolicyMove,
    options: ApplyOptions,
) -> Result<Planned, ApplyError> {
    let mut resource = existing(&ground, Kind::Policy, name)?;
    let details = SubscriptionDetails::default();
    let moving = Moving { actor: ground.actor, now: ground.now, details: &details };
    if let Spec::Policy(policy) = &mut resource.spec {
        let pinned = ground.base.resources.pinned(name);
        lifecycle::step_policy(Arc::make_mut(policy), by, &pinned, &moving)
            .map_err(|why| wrong_state(Kind::Policy, name, &why))?;
    }
    edit_with(ground, (Operation::Write, options), [(name, resource)])
}

pub(super) fn revoke(ground: Ground<'_>, kind: Kind, name: &str) -> Result<Planned, ApplyError> {
    let mut resource = existing(&ground, kind, name)?;
    match &mut resource.spec {
        Spec::Credential(credential) => Arc::make_mut(credential).revoked = true,
        Spec::Token(token) => Arc::make_mut(token).revoked = true,
        _ => {}
    }
    edit(ground, Operation::Revoke, [(name, resource)])
}

pub(super) fn end_tickets(ground: Ground<'_>, name: &str) -> Result<Planned, ApplyError> {
    let mut resource = existing(&ground, Kind::Credential, name)?;
    if let Spec::Credential(credential) = &mut resource.spec {
        Arc::make_mut(credential).tickets_ended_at = Some(ground.now);
    }
    edit(ground, Operation::Revoke, [(name, resource)])
}

/// Puts the user whom an identity provider vouches for.
pub(super) fn provide(
    ground: Ground<'_>,
    provided: &Provided,
    provision: bool,
) -> Result<Planned, ApplyError> {
    let (name, user) = provided
        .user(&ground.base.resources, provision)
        .map_err(|why| ApplyError::WrongState(why.to_owned()))?;
    put_user(ground, &name, &user)
}

/// Puts a user.
pub(super) fn put_user(ground: Ground<'_>, name: &str, user: &User) -> Result<Planned, ApplyError> {
    let mut resource = existing(&ground, Kind::User, name)
        .unwrap_or_else(|_| Resource { labels: BTreeMap::new(), spec: Spec::User(Arc::default()) });
    resource.spec = Spec::User(Arc::new(user.clone()));
    edit(ground, Operation::Write, [(name, resource)])
}

pub(super) fn set_password(
    ground: Ground<'_>,
    name: &str,
    proof: &Proof,
) -> Result<Planned, ApplyError> {
    let mut resource = existing(&ground, Kind::User, name)?;
    if let Spec::User(user) = &mut resource.spec {
        Arc::make_mut(user).password = Some(proof.clone());
    }
    edit(ground, Operation::SetPassword, [(name, resource)])
}

/// Ends the subscriptions whose time is over.
pub(super) fn expire_due(ground: Ground<'_>) -> Result<Planned, ApplyError> {
    let due = lifecycle::due(&ground.base.resources, ground.now);
    let mut moved = Vec::with_capacity(due.len());
    for (name, why) in &due {
        let mut resource = existing(&ground, Kind::Subscription, name)?;
        let details = SubscriptionDetails { reason: (*why).to_owned(), expires_at: None };
        let moving = Moving { actor: ground.actor, now: ground.now, details: &details };
        if let Spec::Subscription(subscription) = &mut resource.spec {
            let moved = Arc::make_mut(subscription);
            lifecycle::step_subscription(moved, SubscriptionMove::Expire, None, &moving)
                .map_err(|why| wrong_state(Kind::Subscription, name, &why))?;
        }
        moved.push((name.as_str(), resource));
    }
    edit(ground, Operation::Decide, moved)
}

/// What decides whether an endpoint may go.
pub(super) fn facts(
    resources: &Resources,
    endpoint: &str,
    now: time::OffsetDateTime,
) -> EndpointFacts {
    let live = resources
        .subscriptions()
        .filter(|(.., held)| held.endpoint == endpoint && held.state.is_live());
    EndpointFacts { subscriptions: live.count(), today: now.date() }
}

fn wrong_state(kind: Kind, name: &str, why: &str) -> ApplyError {
    ApplyError::WrongState(format!("{kind} `{name}` {why}"))
}

/// What is there for whoever asks.
pub(super) fn existing(
    ground: &Ground<'_>,
    kind: Kind,
    name: &str,
) -> Result<Resource, ApplyError> {
    let among = &ground.base.resources;
    let rights = &ground.actor.rights;
    let found = among.find(kind, name);
    let found = found.filter(|found| rights.allow(Operation::Read, (name, found), among));
    let not_found = || ApplyError::NotFound { kind, name: name.to_owned() };
    found.map(|resource| Resource::clone(resource)).ok_or_else(not_found)
}

fn edit<'a>(
    ground: Ground<'_>,
    by: Operation,
    resources: impl IntoIterator<Item = (&'a str, Resource)>,
) -> Result<Planned, ApplyError> {
    edit_with(ground, (by, ApplyOptions::default()), resources)
}

fn edit_with<'a>(
    ground: Ground<'_>,
    (by, options): (Operation, ApplyOptions),
    resources: impl IntoIterator<Item = (&'a str, Resource)>,
) -> Result<Planned, ApplyError> {
    let mut work = Work::new(ground);
    work.by = Some(by);
    work.accept_breaking = options.accept_breaking;
    for (name, resource) in resources {
        work.put(name, resource, false);
    }
    work.finish(&HashMap::new(), options.dry_run)
}
