//! Rules that compare with an attribute of the subscriber: right by themselves, and an error only
//! where an application that lacks the attribute subscribes.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use catalog::model::Kind;
use support::{apply, document, problems, with_base};

const REGION: &str = "{rules: [{keepWhen: {path: $.region, equalsAttribute: region}}]}";

fn region_plan() -> String {
    document("Policy", "own-region", REGION)
        + &document("Plan", "orders-region", "{endpoint: orders, policies: [own-region]}")
}

#[tokio::test]
async fn a_policy_may_name_an_attribute_before_anybody_subscribes() {
    let catalog = with_base().await;
    apply(&catalog, &region_plan()).await;
    assert!(catalog.snapshot().problems.is_empty());
    let subscription = "{application: shipping, endpoint: orders, plan: orders-region}";
    apply(&catalog, &document("Subscription", "shipping-orders", subscription)).await;
    let snapshot = catalog.snapshot();
    let grant = snapshot.grant("shipping", "orders").unwrap();
    assert_eq!(grant.plan_name(), "orders-region");
    assert!(grant.chain.is_ok());
}

#[tokio::test]
async fn the_attribute_of_the_subscriber_decides_over_the_chain() {
    let catalog = with_base().await;
    let other = |name: &str, region: &str| {
        let subscription =
            format!("{{application: {name}, endpoint: orders, plan: orders-region}}");
        document("Application", name, &format!("{{attributes: {{region: {region}}}}}"))
            + &document("Subscription", &format!("{name}-orders"), &subscription)
    };
    let text = region_plan() + &other("one", "eu") + &other("two", "us") + &other("three", "eu");
    apply(&catalog, &text).await;
    let snapshot = catalog.snapshot();
    let print = |application: &str| {
        let grant = snapshot.grant(application, "orders").unwrap();
        grant.chain.as_ref().unwrap().fingerprint()
    };
    assert_eq!(print("one"), print("three"));
    assert_ne!(print("one"), print("two"));
}

#[tokio::test]
async fn a_subscription_of_an_application_without_the_attribute_is_refused() {
    let catalog = with_base().await;
    apply(&catalog, &region_plan()).await;
    let subscription = "{application: bare, endpoint: orders, plan: orders-region}";
    let text = document("Application", "bare", "{}")
        + &document("Subscription", "bare-orders", subscription);
    let found = problems(&catalog, &text).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].kind, Some(Kind::Subscription));
    assert_eq!(found[0].name.as_deref(), Some("bare-orders"));
    assert_eq!(found[0].path, "spec.application");
    assert!(found[0].line.is_some());
    assert!(found[0].message.contains("`region`"), "{found:#?}");
    assert!(found[0].message.contains("own-region"), "{found:#?}");
}

#[tokio::test]
async fn an_attribute_that_a_live_subscription_needs_cannot_be_taken_away() {
    let catalog = with_base().await;
    let subscription = "{application: shipping, endpoint: orders, plan: orders-region}";
    let text = region_plan() + &document("Subscription", "shipping-orders", subscription);
    apply(&catalog, &text).await;
    let found = problems(&catalog, &document("Application", "shipping", "{}")).await;
    assert_eq!(found[0].name.as_deref(), Some("shipping-orders"));
    let snapshot = catalog.snapshot();
    assert!(snapshot.grant("shipping", "orders").unwrap().chain.is_ok());
    // A revoked subscription needs nothing.
    catalog
        .move_subscription(
            &catalog::Actor::system("test"),
            "shipping-orders",
            catalog::SubscriptionMove::Revoke,
            Default::default(),
        )
        .await
        .unwrap();
    apply(&catalog, &document("Application", "shipping", "{}")).await;
}
