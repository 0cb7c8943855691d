//! Versions of policies: a change of rules makes the next one, none ever changes, and a plan that
//! names one stays with it.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use catalog::{Actor, ApplyError, ApplyOptions, Catalog, PolicyMove, model::Kind};
use serde_json::{Value, json};
use support::{apply, document, problems, with_base};

fn policy(spec: &str) -> String {
    document("Policy", "hide", spec)
}

fn rule(path: &str) -> String {
    format!("{{remove: {{path: {path}}}}}")
}

fn spec(catalog: &Catalog) -> Value {
    catalog.find(Kind::Policy, "hide").unwrap().spec
}

async fn three_versions() -> Catalog {
    let catalog = with_base().await;
    for path in ["$.a", "$.b", "$.c"] {
        apply(&catalog, &policy(&format!("{{rules: [{}]}}", rule(path)))).await;
    }
    catalog
}

#[tokio::test]
async fn a_change_of_rules_makes_the_next_version_and_nothing_else_does() {
    let catalog = three_versions().await;
    let now = spec(&catalog);
    assert_eq!(now["version"], 3);
    let earlier = now["earlier"].as_array().unwrap();
    assert_eq!(earlier.len(), 2);
    assert_eq!(earlier[0]["rules"], json!([{"remove": {"path": "$.a"}}]));
    assert_eq!(earlier[0]["replacedBy"], "system:test");
    // Neither another description nor what a document says of versions.
    let text = format!(
        "{{description: x, rules: [{}], version: 9, earlier: [{{version: 1, rules: [], replacedAt: \
         2026-01-01T00:00:00Z, replacedBy: me}}]}}",
        rule("$.c")
    );
    apply(&catalog, &policy(&text)).await;
    let then = spec(&catalog);
    assert_eq!((&then["version"], &then["earlier"]), (&now["version"], &now["earlier"]));
    assert_eq!(then["description"], "x");
}

#[tokio::test]
async fn a_draft_is_nobodys_until_it_is_published_and_earlier_ones_come_back() {
    let catalog = three_versions().await;
    let actor = Actor::system("test");
    let options = ApplyOptions::default();
    let none = catalog.move_policy(&actor, "hide", PolicyMove::Publish, options).await;
    assert!(matches!(none, Err(ApplyError::WrongState(_))), "{none:?}");
    let draft = format!("{{rules: [{}], draft: [{}]}}", rule("$.c"), rule("$.d"));
    apply(&catalog, &policy(&draft)).await;
    assert_eq!((&spec(&catalog)["version"], spec(&catalog)["draft"].is_array()), (&json!(3), true));
    let dry = ApplyOptions { dry_run: true, ..options };
    catalog.move_policy(&actor, "hide", PolicyMove::Publish, dry).await.unwrap();
    assert_eq!(spec(&catalog)["version"], 3);
    catalog.move_policy(&actor, "hide", PolicyMove::Publish, options).await.unwrap();
    let now = spec(&catalog);
    assert_eq!(
        (&now["version"], &now["rules"]),
        (&json!(4), &json!([{"remove": {"path": "$.d"}}]))
    );
    assert!(now.get("draft").is_none());
    let back = PolicyMove::RollBack { version: 1 };
    catalog.move_policy(&actor, "hide", back, options).await.unwrap();
    let now = spec(&catalog);
    assert_eq!(
        (&now["version"], &now["rules"]),
        (&json!(5), &json!([{"remove": {"path": "$.a"}}]))
    );
    let absent = PolicyMove::RollBack { version: 6 };
    let absent = catalog.move_policy(&actor, "hide", absent, options).await.unwrap_err();
    assert!(absent.to_string().contains("there are 1 to 5"), "{absent}");
    let query = catalog::store::AuditQuery {
        subject: Some("Policy/hide".to_owned()),
        limit: 10,
        ..Default::default()
    };
    let told = format!("{:?}", catalog.audit(&query).await.unwrap());
    for verb in ["drafted", "published", "rolledBack"] {
        assert!(told.contains(&format!("io.sluicegate.policy.{verb}.v1")), "{verb}: {told}");
    }
}

#[tokio::test]
async fn a_plan_that_names_a_version_stays_with_it() {
    let catalog = three_versions().await;
    let plan = |policy: &str| {
        document("Plan", "pinned", &format!("{{endpoint: orders, policies: [\"{policy}\"]}}"))
    };
    let application = document("Application", "reader", "{}")
        + &document("Subscription", "r", "{application: reader, endpoint: orders, plan: pinned}");
    let found = problems(&catalog, &plan("hide@7")).await;
    assert!(found[0].message.contains("has no version 7: there are 1 to 3"), "{found:#?}");
    for wrong in ["hide@", "hide@0", "hide@x", "hide@-1", "hide@+1"] {
        let found = problems_of(&plan(wrong));
        assert!(found.contains("a version is a number"), "{wrong}: {found}");
    }
    apply(&catalog, &(plan("hide@2") + &application)).await;
    let chain = |catalog: &Catalog| {
        let snapshot = catalog.snapshot();
        let grant = snapshot.grant("reader", "orders").unwrap();
        grant.chain.as_ref().unwrap().fingerprint()
    };
    let pinned = chain(&catalog);
    // Whatever becomes of the policy, and however many versions come: this one is kept.
    for n in 0..60 {
        apply(&catalog, &policy(&format!("{{rules: [{}]}}", rule(&format!("$.x{n}"))))).await;
    }
    assert_eq!(chain(&catalog), pinned);
    let versions: Vec<u64> = spec(&catalog)["earlier"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|earlier| earlier["version"].as_u64())
        .collect();
    assert_eq!((versions[0], versions.len()), (2, 51));
    apply(&catalog, &plan("hide")).await;
    assert_ne!(chain(&catalog), pinned);
    // It is named, with a version or without.
    apply(&catalog, &plan("hide@63")).await;
    let actor = Actor::system("test");
    let held = catalog.delete(&actor, Kind::Policy, "hide").await;
    assert!(matches!(held, Err(ApplyError::Referenced(_))), "{held:?}");
}

fn problems_of(text: &str) -> String {
    let problems = catalog::Document::parse_yaml("test.yaml", text).unwrap_err();
    problems.iter().map(ToString::to_string).collect()
}
