//! The life of a subscription.

use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

use super::{Row, follow, leads, open_moves};
use crate::{
    actor::Actor,
    model::{
        Approval, Decision, Plan, Subscription,
        SubscriptionState::{self, Active, Expired, Pending, Rejected, Revoked, Suspended},
    },
};

/// Ways to move a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionMove {
    /// Grant one that waits.
    Approve,
    /// Refuse one that waits.
    Reject,
    /// Stop an active one for now.
    Suspend,
    /// Let a suspended one read again.
    Resume,
    /// Confirm that it is still needed: its terms begin anew.
    Recertify,
    /// Ask again for one that was rejected or has expired.
    Renew,
    /// End it.
    Revoke,
    /// Its time is over. The catalog does this itself.
    Expire,
}

use SubscriptionMove::{Approve, Expire, Recertify, Reject, Renew, Resume, Revoke, Suspend};

/// The table.
const MOVES: &[Row<SubscriptionState, SubscriptionMove>] = &[
    (Pending, Approve, Active),
    (Pending, Reject, Rejected),
    (Pending, Revoke, Revoked),
    (Pending, Expire, Expired),
    (Active, Suspend, Suspended),
    (Active, Recertify, Active),
    (Active, Revoke, Revoked),
    (Active, Expire, Expired),
    (Suspended, Resume, Active),
    (Suspended, Recertify, Suspended),
    (Suspended, Revoke, Revoked),
    (Suspended, Expire, Expired),
    (Rejected, Renew, Pending),
    (Expired, Renew, Pending),
];

/// What may be said with a move.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionDetails {
    /// Why, for the subscriber and the audit.
    pub reason: String,
    /// When it ends; absent: as the plan has it.
    pub expires_at: Option<OffsetDateTime>,
}

impl SubscriptionMove {
    /// All that people can ask for.
    pub const ALL: [Self; 7] = [Approve, Reject, Suspend, Resume, Recertify, Renew, Revoke];

    /// As it is written in URLs and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Approve => "approve",
            Reject => "reject",
            Suspend => "suspend",
            Resume => "resume",
            Recertify => "recertify",
            Renew => "renew",
            Revoke => "revoke",
            Expire => "expire",
        }
    }

    /// The move of that name that people can ask for.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.name() == name)
    }

    /// Where it leads, when it is done already.
    fn goal(self) -> Option<SubscriptionState> {
        match self {
            Approve | Resume => Some(Active),
            Reject => Some(Rejected),
            Suspend => Some(Suspended),
            Revoke => Some(Revoked),
            Expire => Some(Expired),
            Recertify | Renew => None,
        }
    }
}

/// Who moves, when, and what is said with it.
pub(crate) struct Moving<'a> {
    pub(crate) actor: &'a Actor,
    pub(crate) now: OffsetDateTime,
    pub(crate) details: &'a SubscriptionDetails,
}

impl Moving<'_> {
    /// The decision as it is kept.
    pub(crate) fn decision(&self) -> Decision {
        let (by, reason) = (self.actor.to_string(), self.details.reason.clone());
        Decision { by, at: self.now, reason }
    }
}

/// Moves a subscription; what is done already stays as it is.
///
/// # Errors
/// Where it stands and what can be done there.
pub(crate) fn step(
    subscription: &mut Subscription,
    by: SubscriptionMove,
    plan: Option<&Plan>,
    moving: &Moving<'_>,
) -> Result<(), String> {
    let from = subscription.state;
    if by.goal() == Some(from) {
        return Ok(());
    }
    let Some(to) = follow(MOVES, from, by) else { return Err(refusal(from)) };
    subscription.state = to;
    subscription.decision = Some(moving.decision());
    match by {
        Approve | Recertify => grant_terms(subscription, plan, moving),
        Renew => {
            subscription.expires_at = None;
            subscription.recertify_by = None;
            if plan.is_some_and(|plan| plan.approval == Approval::Automatic) {
                subscription.state = Active;
                grant_terms(subscription, plan, moving);
            }
        }
        Reject | Suspend | Resume | Revoke | Expire => {}
    }
    Ok(())
}

/// Lets a new subscription begin as its plan has it, unless its document says how it stands.
pub(crate) fn begin(
    subscription: &mut Subscription,
    stated: bool,
    plan: Option<&Plan>,
    moving: &Moving<'_>,
) {
    // What was asked for elsewhere, and brought here, says so itself.
    if subscription.requested_at.is_none() {
        subscription.requested_at = Some(moving.now);
        subscription.requested_by = Some(moving.actor.to_string());
        subscription.agreed_terms = plan.and_then(|plan| terms_digest(&plan.terms));
    }
    if stated {
        return;
    }
    let automatic = plan.is_none_or(|plan| plan.approval == Approval::Automatic);
    subscription.state = if automatic { Active } else { Pending };
    if automatic {
        grant_terms(subscription, plan, moving);
    }
}

/// What stands for terms that were agreed to.
fn terms_digest(terms: &str) -> Option<String> {
    let hex = |byte: &u8| format!("{byte:02x}");
    let digest = || Sha256::digest(terms).iter().map(hex).collect::<String>();
    (!terms.is_empty()).then(|| format!("sha256:{}", digest()))
}

/// Whether a document may say that it stands at `to` when it stands at `from`.
///
/// # Errors
/// What can be done instead.
pub(crate) fn stated(from: SubscriptionState, to: SubscriptionState) -> Result<(), String> {
    match from == to || leads(MOVES, from, to) {
        true => Ok(()),
        false => Err(refusal(from)),
    }
}

/// What happened to a subscription that stands elsewhere than before, or was confirmed.
pub(crate) fn verb(old: &Subscription, new: &Subscription) -> Option<&'static str> {
    match (old.state, new.state) {
        (Active, Active) | (Suspended, Suspended) => {
            let confirmed = old.recertify_by < new.recertify_by && old.decision != new.decision;
            confirmed.then_some("recertified")
        }
        (from, to) if from == to => None,
        (Pending, Active) => Some("approved"),
        (Suspended, Active) => Some("resumed"),
        (_, Active | Pending) => Some("renewed"),
        (_, Suspended) => Some("suspended"),
        (_, Revoked) => Some("revoked"),
        (_, Rejected) => Some("rejected"),
        (_, Expired) => Some("expired"),
    }
}

fn refusal(from: SubscriptionState) -> String {
    let people = |by: SubscriptionMove| SubscriptionMove::ALL.contains(&by).then(|| by.name());
    format!("is {}: {}", from.name(), open_moves(MOVES, from, people))
}

fn grant_terms(subscription: &mut Subscription, plan: Option<&Plan>, moving: &Moving<'_>) {
    let after = |days: Option<u32>| days.map(|days| moving.now + Duration::days(days.into()));
    let plan_ends = after(plan.and_then(|plan| plan.subscription_days));
    let ends = moving.details.expires_at.or(plan_ends);
    if ends.is_some() {
        subscription.expires_at = ends;
    }
    subscription.recertify_by = after(plan.and_then(|plan| plan.recertify_days));
}

#[cfg(test)]
mod tests;
