//! May this principal do this now? Only this module can make a [`Permit`] or a [`WritePermit`], and
//! every read and every write takes one. Knows nothing of sockets, HTTP or Kafka frames: the same
//! answers hold on every door.

use std::sync::Arc;

use catalog::model::{Door, Lifecycle, SubscriptionState};
use catalog::ticket::TicketBy;
use catalog::{Grant, Snapshot};
use time::OffsetDateTime;

use crate::authn::{Held, Principal};

/// The proof that an application may read an endpoint under a plan, by one snapshot.
#[derive(Clone)]
pub struct Permit {
    grant: Arc<Grant>,
    principal: Arc<Principal>,
    door: Door,
    expires_at: Option<OffsetDateTime>,
}

impl Permit {
    /// What was granted: subscription, plan, endpoint, cluster and chain.
    pub fn grant(&self) -> &Arc<Grant> {
        &self.grant
    }

    /// To whom.
    pub fn principal(&self) -> &Arc<Principal> {
        &self.principal
    }

    /// When its credential, or what proved it, stops working, and the permit with it.
    pub fn expires_at(&self) -> Option<OffsetDateTime> {
        self.expires_at
    }
}

/// The proof that an application may write to an endpoint under a plan, by one snapshot.
#[derive(Clone)]
pub struct WritePermit(Permit);

/// The proof that an application may know of an endpoint: it may read from it or write to it.
#[derive(Clone)]
pub struct Sight(Permit);

impl WritePermit {
    /// What was granted: subscription, plan, endpoint and cluster.
    pub fn grant(&self) -> &Arc<Grant> {
        &self.0.grant
    }

    /// To whom.
    pub fn principal(&self) -> &Arc<Principal> {
        &self.0.principal
    }
}

impl Sight {
    /// What was granted: subscription, plan, endpoint and cluster.
    pub fn grant(&self) -> &Arc<Grant> {
        &self.0.grant
    }
}

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// No such endpoint, or none that this application may know of: the two look the same.
    #[error("no such endpoint")]
    NotFound,
    /// The subscription waits for the owner's approval.
    #[error("the subscription is pending")]
    Pending,
    /// The subscription was suspended.
    #[error("the subscription is suspended")]
    Suspended,
    /// The subscription's time is over.
    #[error("the subscription has expired")]
    Expired,
    /// The endpoint was retired.
    #[error("the endpoint is retired")]
    Retired,
    /// The plan does not offer this door.
    #[error("the plan does not offer this door")]
    DoorNotOffered {
        /// What it offers.
        offered: Vec<Door>,
    },
    /// The endpoint is not offered for this: it is only read from, or only written to.
    #[error("the endpoint is not offered for this")]
    Direction,
    /// The credential was revoked, deleted or has expired, or its application is gone.
    #[error("the credential no longer works")]
    Credential,
    /// The endpoint is not offered to pages of the ticket's origin.
    #[error("the endpoint does not allow pages of this origin")]
    Origin,
    /// The plan's policies cannot be applied now: nothing may be read.
    #[error("the plan's policies cannot be applied")]
    NoChain,
}

impl Denial {
    /// The reason as a word of a closed set.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Pending => "subscription_pending",
            Self::Suspended => "subscription_suspended",
            Self::Expired => "subscription_expired",
            Self::Retired => "endpoint_retired",
            Self::DoorNotOffered { .. } => "door_not_offered",
            Self::Direction => "direction",
            Self::Credential => "credential",
            Self::Origin => "origin_not_allowed",
            Self::NoChain => "policies_not_applicable",
        }
    }
}

/// Whether a principal may read the endpoint at `address` through `door`, by this snapshot.
///
/// # Errors
/// [`Denial`].
pub fn decide(
    snapshot: &Snapshot,
    principal: &Arc<Principal>,
    address: &str,
    door: Door,
) -> Result<Permit, Denial> {
    let endpoint = snapshot.endpoints.get(address).ok_or(Denial::NotFound)?;
    permit(snapshot, principal, &endpoint.name, door).and_then(readable)
}

/// Whether a principal may write to the endpoint at `address` through `door`, by this snapshot.
///
/// # Errors
/// [`Denial`].
pub fn decide_writing(
    snapshot: &Snapshot,
    principal: &Arc<Principal>,
    address: &str,
    door: Door,
) -> Result<WritePermit, Denial> {
    let Sight(permit) = decide_seeing(snapshot, principal, address, door)?;
    match permit.grant.endpoint.spec.direction.allows_producing() {
        true => Ok(WritePermit(permit)),
        false => Err(Denial::Direction),
    }
}

/// Whether a principal may know of the endpoint at `address` through `door`, by this snapshot.
///
/// # Errors
/// [`Denial`].
pub fn decide_seeing(
    snapshot: &Snapshot,
    principal: &Arc<Principal>,
    address: &str,
    door: Door,
) -> Result<Sight, Denial> {
    let endpoint = snapshot.endpoints.get(address).ok_or(Denial::NotFound)?;
    permit(snapshot, principal, &endpoint.name, door).map(Sight)
}

fn readable(permit: Permit) -> Result<Permit, Denial> {
    match permit.grant.endpoint.spec.direction.allows_consuming() {
        true => Ok(permit),
        false => Err(Denial::Direction),
    }
}

/// The same question for a permit that was given earlier, by a newer snapshot.
///
/// # Errors
/// [`Denial`].
pub fn renew(permit: &Permit, snapshot: &Snapshot) -> Result<Permit, Denial> {
    let endpoint = &permit.grant.endpoint.name;
    self::permit(snapshot, &permit.principal, endpoint, permit.door).and_then(readable)
}

/// Whether a principal still is who it proved to be, by this snapshot, whatever it may do; and
/// until when.
///
/// # Errors
/// [`Denial::Credential`].
pub fn standing(
    snapshot: &Snapshot,
    principal: &Principal,
) -> Result<Option<OffsetDateTime>, Denial> {
    let now = OffsetDateTime::now_utc();
    let proof_is_over = principal.expires_at.is_some_and(|expiry| expiry <= now);
    let known = snapshot.applications.contains_key(&*principal.application)
        || previewed(principal).is_some();
    if !known || proof_is_over {
        return Err(Denial::Credential);
    }
    if let Some(user) = principal.ticket.as_ref().and_then(|held| held.ticket.by.user()) {
        let known = snapshot.users.contains(user);
        return known.then_some(principal.expires_at).ok_or(Denial::Credential);
    }
    let credential = snapshot
        .credentials
        .get(&*principal.credential)
        .filter(|credential| credential.application == principal.application)
        .ok_or(Denial::Credential)?;
    let ticket = principal.ticket.as_ref().map(|held| held.ticket.issued);
    let ended = credential.tickets_ended_at.map(OffsetDateTime::unix_timestamp);
    // Of one made in the same second nobody knows whether it was before.
    if ticket.zip(ended).is_some_and(|(issued, ended)| issued <= ended) {
        return Err(Denial::Credential);
    }
    match credential.is_usable_at(now) {
        true => Ok([credential.expires_at, principal.expires_at].into_iter().flatten().min()),
        false => Err(Denial::Credential),
    }
}

/// The plan that a principal may only look at, without a subscription.
fn previewed(principal: &Principal) -> Option<&str> {
    match &principal.ticket.as_ref()?.ticket.by {
        TicketBy::Preview { plan, .. } => Some(plan),
        TicketBy::Credential(_) | TicketBy::User(_) => None,
    }
}

fn permit(
    snapshot: &Snapshot,
    principal: &Arc<Principal>,
    endpoint: &str,
    door: Door,
) -> Result<Permit, Denial> {
    let expires_at = standing(snapshot, principal)?;
    let grant = match previewed(principal) {
        Some(plan) => snapshot.previews.get(plan).filter(|held| *held.endpoint.name == *endpoint),
        None => snapshot.grant(&principal.application, endpoint),
    };
    let grant = grant.ok_or(Denial::NotFound)?;
    if let Some(held) = &principal.ticket {
        check_ticket(held, grant)?;
    }
    let ends_at = grant.subscription.ends_at();
    check(grant, door, ends_at)?;
    let expires_at = [expires_at, ends_at].into_iter().flatten().min();
    Ok(Permit { grant: Arc::clone(grant), principal: Arc::clone(principal), door, expires_at })
}

/// A ticket opens what it names, to pages that the endpoint allows now.
fn check_ticket(held: &Held, grant: &Grant) -> Result<(), Denial> {
    if !held.ticket.endpoints.contains(&grant.endpoint.name) {
        return Err(Denial::NotFound);
    }
    match held.own || grant.endpoint.spec.allowed_origins.contains(&held.ticket.origin) {
        true => Ok(()),
        false => Err(Denial::Origin),
    }
}

fn check(grant: &Grant, door: Door, ends_at: Option<OffsetDateTime>) -> Result<(), Denial> {
    match grant.endpoint.spec.lifecycle {
        Lifecycle::Published | Lifecycle::Deprecated => {}
        Lifecycle::Draft => return Err(Denial::NotFound),
        Lifecycle::Retired => return Err(Denial::Retired),
    }
    match grant.subscription.state {
        SubscriptionState::Active => {}
        SubscriptionState::Pending => return Err(Denial::Pending),
        SubscriptionState::Suspended => return Err(Denial::Suspended),
        SubscriptionState::Revoked | SubscriptionState::Rejected => return Err(Denial::NotFound),
        SubscriptionState::Expired => return Err(Denial::Expired),
    }
    if ends_at.is_some_and(|end| end <= OffsetDateTime::now_utc()) {
        return Err(Denial::Expired);
    }
    let offered = &grant.plan.doors;
    if !offered.is_empty() && !offered.contains(&door) {
        let offered = offered.clone();
        return Err(Denial::DoorNotOffered { offered });
    }
    if grant.chain.is_err() {
        return Err(Denial::NoChain);
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
