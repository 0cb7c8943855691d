//! The audit as a store keeps it: whole, signed, and only there with its change.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use catalog::{
    Actor, Catalog, Secrets, SubscriptionDetails, SubscriptionMove,
    audit::{Record, Verified, Verifier},
    model::Kind,
    store::AuditQuery,
};
use support::{BASE, apply, document, problems, store, with_base};

async fn records(catalog: &Catalog) -> Vec<Record> {
    let query = AuditQuery { oldest_first: true, limit: 10_000, ..AuditQuery::default() };
    catalog.audit(&query).await.unwrap()
}

async fn verify(catalog: &Catalog) -> Verified {
    let checkpoints = catalog.checkpoints().await.unwrap();
    let mut verifier = Verifier::new(None, &checkpoints).unwrap();
    for record in records(catalog).await {
        verifier.record(&record).unwrap();
    }
    verifier.finish().unwrap()
}

#[tokio::test]
async fn what_is_refused_leaves_nothing_and_what_is_done_leaves_one_record_each() {
    let catalog = with_base().await;
    assert_eq!(records(&catalog).await.len(), 6);
    problems(&catalog, &document("Plan", "bad", "{endpoint: missing}")).await;
    apply(&catalog, BASE).await;
    assert_eq!(records(&catalog).await.len(), 6, "nothing was changed");
    let actor = Actor::system("test");
    let details = SubscriptionDetails::default();
    let by = SubscriptionMove::Suspend;
    catalog.move_subscription(&actor, "shipping-orders", by, details).await.unwrap();
    catalog.delete(&actor, Kind::Credential, "shipping-1").await.unwrap();
    let verified = verify(&catalog).await;
    assert_eq!((verified.records, verified.signed), (8, 8));
    assert!(verified.key.is_some());
    let newest = AuditQuery { limit: 1, ..AuditQuery::default() };
    let newest = catalog.audit(&newest).await.unwrap().remove(0);
    assert!(newest.event.contains("io.sluicegate.credential.deleted.v1"), "{}", newest.event);
}

#[tokio::test]
async fn many_changes_keep_one_checkpoint_for_each_thousand_records() {
    let catalog = with_base().await;
    let plan = |n: usize| document("Plan", &format!("p{n}"), "{endpoint: orders}");
    for from in [0, 700, 1_400, 2_100] {
        apply(&catalog, &(from..from + 700).map(plan).collect::<String>()).await;
    }
    let numbers: Vec<_> =
        catalog.checkpoints().await.unwrap().iter().map(|checkpoint| checkpoint.number).collect();
    assert_eq!(numbers, [706, 1_406, 2_806], "the latest of each thousand that a change ended in");
    assert_eq!(verify(&catalog).await.records, 2_806);
}

#[tokio::test]
async fn the_key_outlives_the_process_and_without_a_master_key_nothing_is_signed() {
    let store = store().await;
    let first = Catalog::with_store(store.clone(), support::secrets()).await.unwrap();
    apply(&first, BASE).await;
    let key = verify(&first).await.key;
    let again = Catalog::with_store(store, support::secrets()).await.unwrap();
    apply(&again, &document("Plan", "silver", "{endpoint: orders}")).await;
    let verified = verify(&again).await;
    assert_eq!((verified.records, verified.key), (7, key));

    let secrets = Secrets::with_environment(None, |_| None);
    let unsigned = Catalog::with_store(support::store().await, secrets).await.unwrap();
    apply(&unsigned, BASE).await;
    let verified = verify(&unsigned).await;
    assert_eq!((verified.records, verified.signed, verified.key), (6, 0, None));
}

#[tokio::test]
async fn records_are_found_by_what_they_are_about() {
    let catalog = with_base().await;
    let count = async |query: AuditQuery| {
        catalog.audit(&AuditQuery { limit: 100, ..query }).await.unwrap().len()
    };
    let text = |text: &str| Some(text.to_owned());
    let none = AuditQuery::default;
    assert_eq!(count(AuditQuery { kind: Some(Kind::Plan), ..none() }).await, 1);
    assert_eq!(count(AuditQuery { subject: text("Plan/orders-gold"), ..none() }).await, 1);
    assert_eq!(count(AuditQuery { subject: text("Plan/orders"), ..none() }).await, 0);
    let created = text("io.sluicegate.plan.created.v1");
    assert_eq!(count(AuditQuery { event_type: created, ..none() }).await, 1);
    assert_eq!(count(AuditQuery { actor: text("test"), ..none() }).await, 6);
    assert_eq!(count(AuditQuery { since: text("2100-01-01T00:00:00Z"), ..none() }).await, 0);
    assert_eq!(count(AuditQuery { until: text("2100-01-01T00:00:00Z"), ..none() }).await, 6);
    assert_eq!(count(AuditQuery { after: Some(4), oldest_first: true, ..none() }).await, 2);
    assert_eq!(count(AuditQuery { after: Some(4), ..none() }).await, 3);
}
