use serde_json::Value;

use super::*;
use crate::model::Door;
use crate::store::AuditQuery;
use crate::{ApplyOptions, Document, Secrets, actor::Actor};

async fn catalog() -> Catalog {
    let catalog = Catalog::in_memory(Secrets::new(None)).await.unwrap();
    let text = "apiVersion: sluicegate/v1\nkind: Application\nmetadata: {name: shipping}\n\
                spec: {owner: logistics}\n---\napiVersion: sluicegate/v1\nkind: Credential\n\
                metadata: {name: shipping-1}\nspec: {application: shipping}\n";
    let documents = Document::parse_yaml("test.yaml", text).unwrap();
    let options = ApplyOptions::default();
    catalog.apply(&Actor::system("test"), &documents, options).await.unwrap();
    catalog
}

fn accessed(number: u64, closed: Option<(u64, u64)>) -> Report {
    let opened_at = OffsetDateTime::UNIX_EPOCH;
    Report::Accessed(Arc::new(Access {
        number,
        application: "shipping".into(),
        credential: "shipping-1".into(),
        subscription: "shipping-orders".into(),
        endpoint: "orders".into(),
        door: Door::Sse,
        writes: false,
        peer: Some("::ffff:192.0.2.7".parse().unwrap()),
        opened_at,
        closed: closed.map(|(events, bytes)| (opened_at + WINDOW, events, bytes)),
    }))
}

fn refused(credential: &str, code: &'static str, address: &str) -> Report {
    Report::Refused(Refusal::new(Door::Kafka, code, "words").of(credential).at(address))
}

/// The events of a type, the oldest first.
async fn told(catalog: &Catalog, verb: &str) -> Vec<Value> {
    let event_type = Some(format!("io.sluicegate.access.{verb}.v1"));
    let query =
        AuditQuery { event_type, oldest_first: true, limit: 10_000, ..AuditQuery::default() };
    let records = catalog.audit(&query).await.unwrap();
    records.iter().map(|record| serde_json::from_str(&record.event).unwrap()).collect()
}

fn sum(events: &[Value], member: &str) -> u64 {
    events.iter().filter_map(|event| event["data"][member].as_u64()).sum()
}

#[tokio::test]
async fn uses_are_told_with_who_what_where_and_how_much() {
    let catalog = catalog().await;
    let trail = Trail::start(catalog.clone(), "one");
    trail.add(&accessed(7, None));
    trail.add(&accessed(7, Some((3, 400))));
    trail.write().await;
    let (opened, closed) = (told(&catalog, "opened").await, told(&catalog, "closed").await);
    assert_eq!((opened.len(), closed.len()), (1, 1));
    let event = &closed[0];
    assert_eq!(event["subject"], "Subscription/shipping-orders");
    assert_eq!(event["time"], "1970-01-01T00:01:00Z");
    let expected = serde_json::json!({
        "actor": {"kind": "application", "name": "shipping", "address": "192.0.2.7"},
        "replica": "one", "session": 7, "credential": "shipping-1", "endpoint": "orders",
        "door": "sse", "operation": "read", "openedAt": "1970-01-01T00:00:00Z",
        "closedAt": "1970-01-01T00:01:00Z", "events": 3, "bytes": 400,
    });
    assert_eq!(event["data"], expected);
    assert_eq!((trail.written(), trail.dropped()), (2, 0));
}

#[tokio::test]
async fn a_storm_of_uses_is_summed_up_and_none_is_forgotten() {
    let catalog = catalog().await;
    let trail = Trail::start(catalog.clone(), "one");
    for number in 0..2_000 {
        trail.add(&accessed(number, None));
        trail.add(&accessed(number, Some((2, 10))));
    }
    trail.finish().await;
    let opened = told(&catalog, "opened").await;
    let closed = told(&catalog, "closed").await;
    let summed = told(&catalog, "summed").await;
    assert_eq!((opened.len() + closed.len(), summed.len()), (ACCESSES_MAX, 1));
    assert_eq!(opened.len() as u64 + sum(&summed, "opened"), 2_000);
    assert_eq!(sum(&closed, "events") + sum(&summed, "events"), 4_000);
}

#[tokio::test]
async fn refusals_are_told_by_class_at_once_and_at_the_end_of_the_minute() {
    let catalog = catalog().await;
    let trail = Trail::start(catalog.clone(), "one");
    trail.add(&refused("shipping-1", "not_found", "nothing"));
    trail.add(&refused("shipping-1", "not_found", "orders"));
    trail.add(&refused("shipping-1", "expired", "orders"));
    trail.write().await;
    let first = told(&catalog, "refused").await;
    assert_eq!((first.len(), sum(&first, "times")), (2, 3));
    assert_eq!(first[0]["data"]["actor"]["name"], "shipping");
    assert_eq!(first[0]["data"]["addresses"], serde_json::json!(["nothing", "orders"]));
    for _ in 0..1_000 {
        trail.add(&refused("shipping-1", "not_found", "nothing"));
    }
    trail.write().await;
    assert_eq!(told(&catalog, "refused").await.len(), 2, "the minute is not over");
    trail.finish().await;
    let all = told(&catalog, "refused").await;
    assert_eq!((all.len(), sum(&all, "times")), (3, 1_003));
    // Whoever invents reasons to be refused fills nothing.
    for number in 0..5_000 {
        trail.add(&refused(&format!("c{number}"), "not_found", "x"));
    }
    trail.finish().await;
    let all = told(&catalog, "refused").await;
    assert_eq!((all.len(), sum(&all, "times")), (3 + REFUSALS_MAX + 1, 6_003));
}

#[tokio::test]
async fn what_the_store_does_not_take_waits_up_to_a_bound() {
    let catalog = catalog().await;
    let trail = Trail::start(catalog.clone(), "one");
    let entry = told::others(&UsedSum::default(), catalog.now(), "one");
    let error = StoreError::Database("away".to_owned());
    trail.put_back(vec![entry.clone(); WAITING_MAX - 1], &error);
    trail.put_back(vec![entry.clone(); 3], &error);
    assert_eq!(trail.dropped(), 2);
    trail.wait([entry]);
    assert_eq!(trail.dropped(), 3);
    trail.write().await;
    assert_eq!(trail.written(), WAITING_MAX as u64);
}
