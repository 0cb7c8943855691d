//! Applying documents, as seen from outside: what is created, what is refused, what is published.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use catalog::{
    Action, Actor, AppliedResource, ApplyError, ApplyOptions, Problem, SubscriptionMove,
    model::Kind,
};
use support::{BASE, apply, document, documents, empty, problems, with_base};

#[tokio::test]
async fn a_first_apply_creates_everything_and_publishes_it() {
    let catalog = empty().await;
    let mut snapshots = catalog.subscribe();
    let applied = apply(&catalog, BASE).await;
    assert!(applied.resources.iter().all(|resource| resource.action == Action::Created));
    assert_eq!(applied.version, 1);
    assert!(snapshots.has_changed().unwrap());
    let snapshot = snapshots.borrow_and_update().clone();
    assert_eq!(snapshot.version, 1);
    let grant = snapshot.grant("shipping", "orders").unwrap();
    assert_eq!(grant.plan_name(), "orders-gold");
    assert_eq!(grant.endpoint.name, "orders");
    assert_eq!(grant.cluster.name, "main");
    assert_eq!(grant.replay_window.unwrap().as_secs(), 7 * 24 * 60 * 60);
    assert!(grant.chain.is_ok());
    assert!(snapshot.endpoints.contains_key("shop.orders"), "found by address");
    assert!(snapshot.problems.is_empty());
}

#[tokio::test]
async fn applying_the_same_again_changes_nothing() {
    let catalog = with_base().await;
    let again = apply(&catalog, BASE).await;
    let unchanged = |resource: &AppliedResource| resource.action == Action::Unchanged;
    assert!(again.resources.iter().all(unchanged));
    assert_eq!(again.version, 1);
    assert!(again.secrets.is_empty(), "a secret is told once");
}

#[tokio::test]
async fn one_wrong_document_and_nothing_is_done() {
    let catalog = empty().await;
    let text = format!("{BASE}{}", document("Plan", "bad", "{endpoint: ordres}"));
    let found = problems(&catalog, &text).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].path, "spec.endpoint");
    assert!(found[0].message.contains("did you mean `orders`?"), "{found:#?}");
    let line = text.lines().position(|line| line.contains("ordres")).unwrap();
    assert_eq!(found[0].line, Some(line + 1));
    assert_eq!(catalog.snapshot().version, 0);
    assert!(catalog.list(Kind::Cluster, None, 10).items.is_empty());
}

#[tokio::test]
async fn a_dry_run_tells_and_does_nothing() {
    let catalog = empty().await;
    let options = ApplyOptions { dry_run: true, ..ApplyOptions::default() };
    let applied = catalog.apply(&Actor::system("test"), &documents(BASE), options).await.unwrap();
    assert!(applied.resources.iter().all(|resource| resource.action == Action::Created));
    assert!(applied.secrets.is_empty());
    assert_eq!(catalog.snapshot().version, 0);
    assert!(catalog.find(Kind::Cluster, "main").is_none());
}

#[tokio::test]
async fn the_same_resource_twice_in_one_text_is_refused() {
    let catalog = empty().await;
    let found = problems(&catalog, &format!("{BASE}---{BASE}")).await;
    assert_eq!(found.len(), 6, "{found:#?}");
    assert!(found[0].message.contains("comes twice"));
}

#[tokio::test]
async fn a_plan_offers_a_door_that_the_endpoint_can_be_used_through() {
    let catalog = with_base().await;
    let written = "{cluster: main, topic: in, direction: produce}";
    let text = document("Endpoint", "in", written)
        + &document("Plan", "in-plan", "{endpoint: in, doors: [sse, websocket]}");
    let found = problems(&catalog, &text).await;
    assert_eq!(found[0].path, "spec.doors", "{found:#?}");
    apply(&catalog, &text.replace("[sse, websocket]", "[sse, kafka]")).await;
}

#[tokio::test]
async fn what_is_referred_to_cannot_be_deleted() {
    let catalog = with_base().await;
    for (kind, name, by) in [
        (Kind::Cluster, "main", "orders"),
        (Kind::Endpoint, "orders", "orders-gold"),
        (Kind::Plan, "orders-gold", "shipping-orders"),
        (Kind::Application, "shipping", "shipping-orders"),
    ] {
        let Err(ApplyError::Referenced(referrers)) =
            catalog.delete(&Actor::system("test"), kind, name).await
        else {
            panic!("{kind} {name} was deleted");
        };
        let names = |problem: &Problem| problem.name.as_deref() == Some(by);
        assert!(referrers.iter().any(names), "{referrers:#?}");
    }
    assert_eq!(catalog.snapshot().version, 1);
    for (kind, name) in [
        (Kind::Subscription, "shipping-orders"),
        (Kind::Credential, "shipping-1"),
        (Kind::Plan, "orders-gold"),
        (Kind::Application, "shipping"),
        (Kind::Endpoint, "orders"),
        (Kind::Cluster, "main"),
    ] {
        catalog.delete(&Actor::system("test"), kind, name).await.unwrap();
        assert!(catalog.find(kind, name).is_none());
        let again = catalog.delete(&Actor::system("test"), kind, name).await;
        assert!(matches!(again, Err(ApplyError::NotFound { .. })));
    }
    let snapshot = catalog.snapshot();
    assert!(snapshot.endpoints.is_empty() && snapshot.credentials.is_empty());
    assert!(snapshot.grant("shipping", "orders").is_none());
}

#[tokio::test]
async fn an_application_has_one_live_subscription_to_an_endpoint() {
    let catalog = with_base().await;
    let spec = "{application: shipping, endpoint: orders, plan: orders-gold}";
    let second = document("Subscription", "shipping-orders-2", spec);
    let found = problems(&catalog, &second).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].message.contains("`shipping-orders`"));
    catalog
        .move_subscription(
            &Actor::system("test"),
            "shipping-orders",
            SubscriptionMove::Suspend,
            Default::default(),
        )
        .await
        .unwrap();
    problems(&catalog, &second).await; // a suspended one is live
    catalog
        .move_subscription(
            &Actor::system("test"),
            "shipping-orders",
            SubscriptionMove::Revoke,
            Default::default(),
        )
        .await
        .unwrap();
    assert!(catalog.snapshot().grant("shipping", "orders").is_none());
    apply(&catalog, &second).await;
    let snapshot = catalog.snapshot();
    assert_eq!(*snapshot.grant("shipping", "orders").unwrap().name, *"shipping-orders-2");
}

#[tokio::test]
async fn a_routine_apply_does_not_undo_a_revocation() {
    let catalog = with_base().await;
    catalog.revoke(&Actor::system("test"), Kind::Credential, "shipping-1").await.unwrap();
    catalog
        .move_subscription(
            &Actor::system("test"),
            "shipping-orders",
            SubscriptionMove::Revoke,
            Default::default(),
        )
        .await
        .unwrap();
    apply(&catalog, BASE).await;
    let snapshot = catalog.snapshot();
    assert!(snapshot.credentials["shipping-1"].revoked);
    assert!(snapshot.grant("shipping", "orders").is_none());
    let back = document("Credential", "shipping-1", "{application: shipping, revoked: false}");
    problems(&catalog, &back).await;
    let resumed = catalog
        .move_subscription(
            &Actor::system("test"),
            "shipping-orders",
            SubscriptionMove::Resume,
            Default::default(),
        )
        .await;
    assert!(matches!(resumed, Err(ApplyError::WrongState(_))));
}

#[tokio::test]
async fn two_endpoints_cannot_have_one_address() {
    let catalog = with_base().await;
    let twin = document("Endpoint", "twin", "{cluster: main, topic: shop.orders}");
    let found = problems(&catalog, &twin).await;
    assert_eq!(found[0].path, "spec.topic");
    assert!(found[0].message.contains("`orders`"));
}

#[tokio::test]
async fn lists_come_in_pages() {
    let catalog = empty().await;
    let text: String =
        (0..25).map(|n| document("Application", &format!("a{n:02}"), "{}")).collect();
    apply(&catalog, &text).await;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = catalog.list(Kind::Application, after.as_deref(), 10);
        seen.extend(page.items.into_iter().map(|item| item.metadata.name));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let expected: Vec<String> = (0..25).map(|n| format!("a{n:02}")).collect();
    assert_eq!(seen, expected);
}
