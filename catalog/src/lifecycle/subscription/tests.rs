#![allow(clippy::unwrap_used, reason = "tests may")]

use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-11-26 12:00 UTC);
const STATES: [SubscriptionState; 6] = [Pending, Active, Suspended, Revoked, Rejected, Expired];

fn at(state: SubscriptionState) -> Subscription {
    Subscription { state, ..Subscription::default() }
}

fn plan(approval: Approval) -> Plan {
    let text = r#"{"endpoint": "e", "subscriptionDays": 90, "recertifyDays": 30}"#;
    Plan { approval, ..serde_json::from_str(text).unwrap() }
}

fn moving<R>(reason: &str, then: impl FnOnce(&Moving<'_>) -> R) -> R {
    let details = SubscriptionDetails { reason: reason.to_owned(), expires_at: None };
    let actor = Actor::administrator(None);
    then(&Moving { actor: &actor, now: NOW, details: &details })
}

fn moved(state: SubscriptionState, by: SubscriptionMove) -> Result<SubscriptionState, String> {
    let mut subscription = at(state);
    moving("", |moving| step(&mut subscription, by, None, moving))?;
    Ok(subscription.state)
}

#[test]
fn every_pair_of_state_and_move_is_decided() {
    for state in STATES {
        for by in [SubscriptionMove::ALL.as_slice(), &[Expire]].concat() {
            let row = MOVES.iter().find(|(from, row, _)| *from == state && *row == by);
            let done = by.goal() == Some(state);
            // Without a plan that waits for an owner, one that is renewed is active at once.
            let want = row.map(|(_, _, to)| *to).or(done.then_some(state));
            match (moved(state, by), want) {
                (Ok(to), Some(want)) => assert_eq!(to, want, "{state:?} {by:?}"),
                (Err(why), None) => assert!(why.starts_with("is "), "{why}"),
                (got, want) => panic!("{state:?} {by:?}: {got:?}, wanted {want:?}"),
            }
        }
    }
}

#[test]
fn refusals_say_what_can_be_done() {
    let why = moved(Pending, Resume).unwrap_err();
    assert_eq!(why, "is pending: what can be done is one of `approve`, `reject`, `revoke`");
    let why = moved(Expired, Suspend).unwrap_err();
    assert_eq!(why, "is expired: what can be done is `renew`");
    let why = moved(Revoked, Resume).unwrap_err();
    assert_eq!(why, "is revoked: nothing can be done with it any more");
}

#[test]
fn approval_begins_the_plans_terms_and_keeps_who_why_and_when() {
    let mut subscription = at(Pending);
    let plan = plan(Approval::Owner);
    moving("fine", |moving| step(&mut subscription, Approve, Some(&plan), moving)).unwrap();
    assert_eq!(subscription.state, Active);
    assert_eq!(subscription.expires_at, Some(datetime!(2027-02-24 12:00 UTC)));
    assert_eq!(subscription.recertify_by, Some(datetime!(2026-12-26 12:00 UTC)));
    assert_eq!(subscription.ends_at(), subscription.recertify_by);
    let decision = Decision { by: "admin".to_owned(), at: NOW, reason: "fine".to_owned() };
    assert_eq!(subscription.decision, Some(decision));
    // What is said with the move wins over the plan.
    let mut subscription = at(Pending);
    let until = datetime!(2026-12-01 0:00 UTC);
    let details = SubscriptionDetails { expires_at: Some(until), ..Default::default() };
    let actor = Actor::administrator(None);
    let moving = Moving { actor: &actor, now: NOW, details: &details };
    step(&mut subscription, Approve, Some(&plan), &moving).unwrap();
    assert_eq!(subscription.expires_at, Some(until));
}

#[test]
fn new_ones_begin_by_their_plan_unless_they_say_how_they_stand() {
    let begun = |approval, stated| {
        let mut subscription = at(Active);
        moving("", |moving| begin(&mut subscription, stated, Some(&plan(approval)), moving));
        assert_eq!(subscription.requested_at, Some(NOW));
        (subscription.state, subscription.expires_at.is_some())
    };
    assert_eq!(begun(Approval::Automatic, false), (Active, true));
    assert_eq!(begun(Approval::Owner, false), (Pending, false));
    assert_eq!(begun(Approval::Owner, true), (Active, false), "a restore");
}

#[test]
fn renewal_asks_the_owner_again_where_the_plan_wants_it() {
    for (approval, state) in [(Approval::Owner, Pending), (Approval::Automatic, Active)] {
        let mut subscription = at(Expired);
        subscription.expires_at = Some(NOW);
        let plan = plan(approval);
        moving("", |moving| step(&mut subscription, Renew, Some(&plan), moving)).unwrap();
        assert_eq!(subscription.state, state);
        assert_ne!(subscription.expires_at, Some(NOW), "the old term is over");
    }
}
