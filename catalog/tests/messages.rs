//! Messages to an endpoint's subscribers: how many an hour, also of two at once, what the audit
//! keeps of them and what is sent. On PostgreSQL too (`scripts/with-postgres`).
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use catalog::{
    Actor, ApplyError, Catalog, Clock,
    audit::Record,
    messages::{Meant, Message, MessageOptions, PER_HOUR, Reached},
    store::{AuditQuery, PostgresStore, Store},
};
use support::{BASE, apply, database, document, secrets, store};
use time::{OffsetDateTime, macros::datetime};

const NOW: OffsetDateTime = datetime!(2026-11-26 12:00 UTC);

/// A clock that is moved by hand.
#[derive(Clone, Default)]
struct Hand(Arc<AtomicI64>);

impl Hand {
    fn clock(&self) -> Clock {
        let seconds = self.0.clone();
        Clock::new(move || NOW + Duration::from_secs(seconds.load(Ordering::Relaxed) as u64))
    }

    fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

async fn on(store: Arc<dyn Store>, hand: &Hand) -> Catalog {
    Catalog::with_clock(store, secrets(), hand.clock()).await.unwrap()
}

/// Three teams under two plans, and a subscription that has ended.
fn world() -> String {
    let mut text = BASE.to_owned();
    let mut put = |kind: &str, name: &str, spec: &str| text += &document(kind, name, spec);
    put("Endpoint", "parcels", "{cluster: main, topic: parcels}");
    put("Plan", "parcels-any", "{endpoint: parcels}");
    put("Plan", "orders-free", "{endpoint: orders}");
    put("Team", "logistics", "{email: logistics@example.org}");
    put("Team", "labels", "{}");
    put("User", "lea", "{teams: [labels], email: lea@example.org}");
    put("User", "leo", "{teams: [labels], email: leo@example.org, disabled: true}");
    put("Team", "gone", "{email: gone@example.org}");
    for (application, plan) in [("labels", "orders-free"), ("gone", "orders-free")] {
        put("Application", application, &format!("{{owner: {application}}}"));
        let spec = format!("{{application: {application}, endpoint: orders, plan: {plan}}}");
        put("Subscription", &format!("{application}-orders"), &spec);
    }
    let elsewhere = "{application: gone, endpoint: parcels, plan: parcels-any}";
    put("Subscription", "gone-parcels", elsewhere);
    text
}

async fn with_world(store: Arc<dyn Store>, hand: &Hand) -> Catalog {
    let catalog = on(store, hand).await;
    apply(&catalog, &world()).await;
    let actor = Actor::system("test");
    let (by, details) = (catalog::SubscriptionMove::Revoke, Default::default());
    catalog.move_subscription(&actor, "gone-orders", by, details).await.unwrap();
    catalog
}

fn to(plans: Option<&[&str]>, subscriptions: Option<&[&str]>) -> Message {
    let names = |list: &[&str]| list.iter().map(ToString::to_string).collect();
    let meant = Meant { plans: plans.map(names), subscriptions: subscriptions.map(names) };
    let (subject, text) = (Some("Maintenance".to_owned()), Some("On Sunday.\n".to_owned()));
    Message { subject, text, meant }
}

async fn write(catalog: &Catalog, message: &Message) -> Result<Reached, ApplyError> {
    let actor = Actor::administrator(None);
    catalog.message(&actor, "orders", message, MessageOptions::default()).await
}

/// The records of messages, the newest first.
async fn records(catalog: &Catalog) -> Vec<Record> {
    let event_type = Some("io.sluicegate.endpoint.message.v1".to_owned());
    let query = AuditQuery { event_type, limit: 100, ..AuditQuery::default() };
    catalog.audit(&query).await.unwrap()
}

/// How long whoever wrote too often is to wait.
fn wait(outcome: Result<Reached, ApplyError>) -> u64 {
    match outcome {
        Err(ApplyError::TooOften { wait, what }) => {
            assert!(what.contains("at most 10 messages an hour"), "{what}");
            wait.as_secs()
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn ten_an_hour_go_to_the_subscribers_of_an_endpoint() {
    let hand = Hand::default();
    let catalog = with_world(store().await, &hand).await;
    let message = to(None, None);
    for _ in 0..PER_HOUR {
        write(&catalog, &message).await.unwrap();
        hand.pass(60);
    }
    assert_eq!(wait(write(&catalog, &message).await), 3_000);
    assert_eq!(records(&catalog).await.len(), 10, "what is refused leaves nothing");
    // Whoever only counts, or writes to others, is not kept out.
    let (actor, dry_run) = (Actor::administrator(None), true);
    let options = MessageOptions { dry_run, ..MessageOptions::default() };
    catalog.message(&actor, "orders", &message, options).await.unwrap();
    let options = MessageOptions::default();
    catalog.message(&actor, "parcels", &message, options).await.unwrap();
    // An hour after the first there is room for one more, and one only.
    hand.pass(2_999);
    assert_eq!(wait(write(&catalog, &message).await), 1);
    hand.pass(1);
    write(&catalog, &message).await.unwrap();
    assert_eq!(wait(write(&catalog, &message).await), 60);
}

#[tokio::test]
async fn of_many_at_once_ten_are_sent() {
    let hand = Hand::default();
    let catalog = with_world(store().await, &hand).await;
    let both = [catalog.clone(), catalog];
    assert_eq!(race(&both).await, 10);
}

/// Only with PostgreSQL: SQLite has one process.
#[tokio::test]
async fn of_many_at_once_on_two_replicas_ten_are_sent() {
    let Ok(server) = std::env::var("SLUICEGATE_TEST_POSTGRES") else { return };
    let (url, hand) = (database(&server).await, Hand::default());
    let open = async || Arc::new(PostgresStore::open(&url).await.unwrap());
    let first = with_world(open().await, &hand).await;
    let both = [first, on(open().await, &hand).await];
    assert_eq!(race(&both).await, 10);
    // What one sent counts for the other.
    assert_eq!(wait(write(&both[1], &to(None, None)).await), 3_600);
}

/// How many of twenty that both send at once are sent.
async fn race(both: &[Catalog; 2]) -> usize {
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let catalog = both[number % 2].clone();
            tokio::spawn(async move { write(&catalog, &to(None, None)).await })
        })
        .collect();
    let mut sent = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => sent += 1,
            Err(error) => assert!(matches!(error, ApplyError::TooOften { .. }), "{error}"),
        }
    }
    assert_eq!(records(&both[0]).await.len(), sent);
    sent
}

#[tokio::test]
async fn the_record_has_what_was_written_and_the_notice_goes_to_whom_it_is_meant() {
    let catalog = with_world(store().await, &Hand::default()).await;
    let (shipping, labels) = ("logistics@example.org", "lea@example.org");
    let all = (None, None);
    for (meant, subscriptions, expected) in [
        (all, 2, &[shipping, labels][..]),
        ((Some(&["orders-gold"][..]), None), 1, &[shipping]),
        ((Some(&["orders-free"]), None), 1, &[labels]),
        ((None, Some(&["labels-orders"][..])), 1, &[labels]),
        ((Some(&["orders-gold"]), Some(&["labels-orders"])), 2, &[shipping, labels]),
        ((Some(&["orders-gold"]), Some(&[])), 1, &[shipping]),
    ] {
        let message = to(meant.0, meant.1);
        let reached = write(&catalog, &message).await.unwrap();
        assert_eq!(reached, Reached { subscriptions, receivers: expected.len() }, "{meant:?}");
        let record = records(&catalog).await.remove(0);
        let event: serde_json::Value = serde_json::from_str(&record.event).unwrap();
        assert_eq!(event["subject"], "Endpoint/orders");
        let data = &event["data"];
        assert_eq!(data["actor"]["name"], "admin");
        assert_eq!(
            (&data["subject"], &data["text"]),
            (&"Maintenance".into(), &"On Sunday.".into())
        );
        assert_eq!(data["plans"], serde_json::json!(message.meant.plans));
        assert_eq!(data["subscriptions"], serde_json::json!(message.meant.subscriptions));
        assert_eq!(data["told"]["receivers"], expected.len());
        let notice = catalog.notice(&record).unwrap();
        let to: BTreeSet<_> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(notice.to, to, "{meant:?}");
        assert_eq!(notice.kind, "io.sluicegate.endpoint.message.v1");
        assert_eq!((&*notice.title, &*notice.path), ("orders: Maintenance", "/endpoints/orders"));
        assert!(notice.text.starts_with("admin writes to ") && notice.text.contains("On Sunday."));
        assert!(!notice.text.contains("labels-orders"), "who else subscribes is told to nobody");
    }
    // Whoever has left before it is sent is told no more.
    let record = records(&catalog).await.pop().unwrap();
    let actor = Actor::system("test");
    let (by, details) = (catalog::SubscriptionMove::Revoke, Default::default());
    catalog.move_subscription(&actor, "labels-orders", by, details).await.unwrap();
    let told = catalog.notice(&record).unwrap().to;
    assert_eq!(told, BTreeSet::from([shipping.to_owned()]));
}

#[tokio::test]
async fn where_nobody_has_an_address_a_webhook_may_still_hear() {
    let catalog = on(store().await, &Hand::default()).await;
    apply(&catalog, BASE).await;
    let refused = write(&catalog, &to(None, None)).await.unwrap_err().to_string();
    assert!(refused.contains("there is nobody to tell"), "{refused}");
    let options = MessageOptions { webhook: true, ..MessageOptions::default() };
    let actor = Actor::administrator(None);
    let reached = catalog.message(&actor, "orders", &to(None, None), options).await.unwrap();
    assert_eq!(reached, Reached { subscriptions: 1, receivers: 0 });
}
