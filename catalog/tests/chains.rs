//! Chains: shared by those who get the same, refused where they cannot run.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use std::sync::Arc;

use catalog::Catalog;
use policies::Chain;
use support::{apply, document, problems, with_base};

fn subscriber(name: &str, plan: &str) -> String {
    let spec = format!("{{application: {name}, endpoint: orders, plan: {plan}}}");
    document("Application", name, "{}")
        + &document("Subscription", &format!("{name}-orders"), &spec)
}

fn chain(catalog: &Catalog, application: &str) -> Arc<Chain> {
    let snapshot = catalog.snapshot();
    let grant = snapshot.grant(application, "orders").unwrap();
    grant.chain.clone().unwrap()
}

#[tokio::test]
async fn subscriptions_with_equal_chains_share_one() {
    let catalog = with_base().await;
    let rule = "{remove: {path: $.ssn}}";
    let plan = |name: &str, policies: &str| {
        document("Plan", name, &format!("{{endpoint: orders, policies: {policies}}}"))
    };
    // The same output by two policies of two plans; another output by a third.
    let text = document("Policy", "one", &format!("{{rules: [{rule}]}}"))
        + &document("Policy", "two", &format!("{{rules: [{rule}, {rule}]}}"))
        + &document("Policy", "three", "{rules: [{remove: {path: $.card}}]}")
        + &plan("plan-one", "[one]")
        + &plan("plan-two", "[two]")
        + &plan("plan-three", "[one, three]")
        + &subscriber("a", "plan-one")
        + &subscriber("b", "plan-one")
        + &subscriber("c", "plan-two")
        + &subscriber("d", "plan-three");
    apply(&catalog, &text).await;
    let a = chain(&catalog, "a");
    for same in ["b", "c"] {
        let chain = chain(&catalog, same);
        assert_eq!(chain.fingerprint(), a.fingerprint());
        assert!(Arc::ptr_eq(&chain, &a), "one chain in memory");
    }
    assert_ne!(chain(&catalog, "d").fingerprint(), a.fingerprint());
    assert_ne!(chain(&catalog, "shipping").fingerprint(), a.fingerprint());
    // It stays the same one over changes of other things, over a refresh and for newcomers.
    apply(&catalog, &subscriber("e", "plan-two")).await;
    catalog.refresh().await.unwrap();
    assert!(Arc::ptr_eq(&chain(&catalog, "a"), &a));
    assert!(Arc::ptr_eq(&chain(&catalog, "e"), &a));
}

#[tokio::test]
async fn rules_that_read_json_are_refused_on_an_endpoint_of_text() {
    let catalog = with_base().await;
    let text = document("Endpoint", "logs", "{cluster: main, topic: logs, format: text}")
        + &document("Policy", "no-ssn", "{rules: [{remove: {path: $.ssn}}]}")
        + &document("Plan", "logs-gold", "{endpoint: logs, policies: [no-ssn]}");
    let found = problems(&catalog, &text).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].path, "spec.policies");
    assert_eq!(found[0].name.as_deref(), Some("logs-gold"));
    assert!(found[0].message.contains("format `text`"), "{found:#?}");
    assert!(found[0].line.is_some() && found[0].column.is_some());
    // Rules of headers and keys read no JSON.
    let text = text.replace("{path: $.ssn}", "{header: trace}");
    apply(&catalog, &text).await;
}

#[tokio::test]
async fn an_endpoint_cannot_become_text_under_a_plan_that_reads_json() {
    let catalog = with_base().await;
    let text = document("Policy", "no-ssn", "{rules: [{remove: {path: $.ssn}}]}")
        + &document("Plan", "orders-gold", "{endpoint: orders, policies: [no-ssn]}");
    apply(&catalog, &text).await;
    let spec = "{cluster: main, topic: orders, address: shop.orders, format: bytes}";
    let found = problems(&catalog, &document("Endpoint", "orders", spec)).await;
    assert_eq!(found[0].name.as_deref(), Some("orders-gold"));
    assert!(found[0].message.contains("format `bytes`"), "{found:#?}");
}

#[tokio::test]
async fn a_rule_that_does_not_compile_is_told_at_its_place() {
    let catalog = with_base().await;
    let text = "apiVersion: sluicegate/v1\nkind: Policy\nmetadata: {name: bad}\nspec:\n  rules:\n  \
                - remove: {path: $.a}\n  - hash: {path: $.b, hashKey: nothing}\n";
    let found = problems(&catalog, text).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].path, "spec.rules[1]");
    assert_eq!(found[0].line, Some(7));
    assert!(found[0].message.contains("`nothing`"), "{found:#?}");
}
