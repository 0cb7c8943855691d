//! Lives of subscriptions and endpoints, as seen from outside: by moves, by documents, by time.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use catalog::{
    Action, Actor, ApplyError, Catalog, Clock, EndpointDetails, EndpointMove, SubscriptionDetails,
    SubscriptionMove, model::Kind,
};
use support::{BASE, apply, document, problems, secrets, try_apply, with_base};
use time::{Duration, OffsetDateTime, macros::datetime};

const BEGINNING: OffsetDateTime = datetime!(2026-11-26 12:00 UTC);

/// A catalog with a clock that the test moves.
async fn with_clock() -> (Catalog, Arc<AtomicI64>) {
    let passed = Arc::new(AtomicI64::new(0));
    let seconds = passed.clone();
    let clock = Clock::new(move || BEGINNING + Duration::seconds(seconds.load(Ordering::Relaxed)));
    (Catalog::with_clock(support::store().await, secrets(), clock).await.unwrap(), passed)
}

fn owner_approves(plan: &str) -> String {
    BASE.replace("  limits: {eventsPerSecond: 100}", plan)
}

fn spec(catalog: &Catalog, kind: Kind, name: &str) -> serde_json::Value {
    catalog.find(kind, name).unwrap().spec
}

async fn moved(catalog: &Catalog, by: SubscriptionMove, reason: &str) -> Result<(), ApplyError> {
    let details = SubscriptionDetails { reason: reason.to_owned(), expires_at: None };
    let actor = Actor::administrator(None);
    catalog.move_subscription(&actor, "shipping-orders", by, details).await.map(|_| ())
}

#[tokio::test]
async fn a_request_waits_for_the_owner_and_keeps_who_decided() {
    let (catalog, _) = with_clock().await;
    // The subscription comes before its plan in the same text: the order does not matter.
    let text = owner_approves("  approval: owner\n  subscriptionDays: 90\n  terms: abc");
    apply(&catalog, &text).await;
    let pending = spec(&catalog, Kind::Subscription, "shipping-orders");
    assert_eq!(pending["state"], "pending");
    assert_eq!(pending["requestedAt"], "2026-11-26T12:00:00Z");
    assert_eq!(pending["requestedBy"], "system:test");
    // The digest of `abc` in FIPS 180-4.
    let agreed = pending["agreedTerms"].as_str().unwrap();
    assert!(agreed.starts_with("sha256:ba7816bf8f01cfea"), "{agreed}");
    moved(&catalog, SubscriptionMove::Approve, "for the winter").await.unwrap();
    let active = spec(&catalog, Kind::Subscription, "shipping-orders");
    assert_eq!(active["state"], "active");
    assert_eq!(active["expiresAt"], "2027-02-24T12:00:00Z");
    assert_eq!(active["decision"]["by"], "admin");
    assert_eq!(active["decision"]["reason"], "for the winter");
    // A routine apply of the same files leaves it as it is.
    let again = apply(&catalog, &text).await;
    assert!(again.resources.iter().all(|done| done.action == Action::Unchanged), "{again:?}");
    // What was exported is taken back as it is.
    let export = serde_json::to_string(&catalog.find(Kind::Subscription, "shipping-orders"));
    let export = apply(&catalog, &export.unwrap()).await;
    assert_eq!(export.resources[0].action, Action::Unchanged);
}

#[tokio::test]
async fn documents_cannot_take_ways_that_no_table_has() {
    let catalog = with_base().await;
    moved(&catalog, SubscriptionMove::Revoke, "").await.unwrap();
    let again = "{application: shipping, endpoint: orders, plan: orders-gold, state: active}";
    let refused = try_apply(&catalog, &document("Subscription", "shipping-orders", again)).await;
    let Err(ApplyError::WrongStates(problems)) = refused else { panic!("{refused:?}") };
    assert_eq!(problems[0].path, "spec.state");
    assert!(problems[0].message.contains("nothing can be done with it"), "{problems:?}");
    // What else is wrong is told first.
    let both = again.replace("orders-gold", "missing");
    let found = self::problems(&catalog, &document("Subscription", "shipping-orders", &both)).await;
    assert_eq!(found[0].path, "spec.plan");
}

#[tokio::test]
async fn what_is_over_ends_by_itself_at_its_moment() {
    let (catalog, passed) = with_clock().await;
    apply(&catalog, &owner_approves("  subscriptionDays: 2\n  recertifyDays: 1")).await;
    let next = catalog.expire_due().await.unwrap();
    assert_eq!(next, Some(BEGINNING + Duration::days(1)));
    assert!(catalog.snapshot().grant("shipping", "orders").is_some());
    passed.store(86_000, Ordering::Relaxed);
    moved(&catalog, SubscriptionMove::Recertify, "still needed").await.unwrap();
    assert_eq!(
        catalog.expire_due().await.unwrap(),
        Some(BEGINNING + Duration::seconds(86_000 + 86_400))
    );
    let version = catalog.snapshot().version;
    passed.store(86_000 + 86_400, Ordering::Relaxed);
    assert_eq!(catalog.expire_due().await.unwrap(), None);
    assert!(catalog.snapshot().grant("shipping", "orders").is_none());
    assert_eq!(catalog.snapshot().version, version + 1);
    let over = spec(&catalog, Kind::Subscription, "shipping-orders");
    assert_eq!(
        (&over["state"], &over["decision"]["by"]),
        (&"expired".into(), &"system:expiry".into())
    );
    assert!(over["decision"]["reason"].as_str().unwrap().contains("nobody confirmed"));
    // Asking again begins a new term.
    moved(&catalog, SubscriptionMove::Renew, "").await.unwrap();
    assert!(catalog.snapshot().grant("shipping", "orders").is_some());
    assert!(catalog.expire_due().await.unwrap().is_some());
}

#[tokio::test]
async fn another_may_ask_where_one_was_rejected_or_has_expired() {
    let (catalog, _) = with_clock().await;
    apply(&catalog, &owner_approves("  approval: owner")).await;
    let other = "{application: shipping, endpoint: orders, plan: orders-gold}";
    let other = document("Subscription", "again", other);
    assert!(!problems(&catalog, &other).await.is_empty(), "one is live");
    moved(&catalog, SubscriptionMove::Reject, "no").await.unwrap();
    apply(&catalog, &other).await;
    let renewed = moved(&catalog, SubscriptionMove::Renew, "").await;
    assert!(matches!(renewed, Err(ApplyError::Invalid(_))), "the other one is live: {renewed:?}");
}

#[tokio::test]
async fn endpoints_go_along_their_table() {
    let catalog = with_base().await;
    let actor = Actor::administrator(None);
    let go = |by, details| catalog.move_endpoint(&actor, "orders", by, details);
    let refused = go(EndpointMove::Retire, EndpointDetails::default()).await.unwrap_err();
    assert!(refused.to_string().contains("`withdraw`, `deprecate`"), "{refused}");
    let unknown =
        EndpointDetails { successor: Some("nowhere".to_owned()), ..EndpointDetails::default() };
    let refused = go(EndpointMove::Deprecate, unknown).await;
    assert!(matches!(refused, Err(ApplyError::Invalid(_))), "{refused:?}");
    let details =
        EndpointDetails { sunset: Some(time::macros::date!(2020 - 01 - 31)), successor: None };
    go(EndpointMove::Deprecate, details).await.unwrap();
    assert_eq!(spec(&catalog, Kind::Endpoint, "orders")["sunset"], "2020-01-31");
    // Documents that leave the life cycle unsaid leave it as it is.
    let again = apply(&catalog, BASE).await;
    assert!(again.resources.iter().all(|done| done.action == Action::Unchanged), "{again:?}");
    go(EndpointMove::Retire, EndpointDetails::default()).await.unwrap();
    let back = "{cluster: main, topic: orders, address: shop.orders, lifecycle: published}";
    let refused = try_apply(&catalog, &document("Endpoint", "orders", back)).await;
    assert!(matches!(refused, Err(ApplyError::WrongStates(_))), "{refused:?}");
}
