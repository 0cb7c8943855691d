//! Moves over REST, whom a change breaks, and the audit that all of it leaves.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use catalog::audit::{Checkpoint, Hash, Record, Verifier};
use serde_json::{Value, json, value::RawValue};
use support::{Api, BASE};

const JSON: &str = "application/json";

async fn spec(api: &Api, path: &str) -> Value {
    api.get(path).await.json()["spec"].clone()
}

#[tokio::test]
async fn subscriptions_and_endpoints_are_moved_and_refused_in_words() {
    let (api, _) = Api::with_base().await;
    let said = json!({ "reason": "asks too often" }).to_string();
    let path = "/subscriptions/shipping-orders";
    let answer = api.post(&format!("{path}/suspend"), JSON, &said).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let suspended = spec(&api, path).await;
    assert_eq!(suspended["state"], "suspended");
    assert_eq!(suspended["decision"]["reason"], "asks too often");
    assert_eq!(suspended["decision"]["by"], "admin");
    // Without a body nothing is said, and with `null` neither.
    assert_eq!(api.with_token("POST", &format!("{path}/resume")).await.status, 200);
    assert_eq!(api.post(&format!("{path}/suspend"), JSON, "null").await.status, 200);
    assert_eq!(api.post(&format!("{path}/resume"), JSON, "null").await.status, 200);
    let refused = api.with_token("POST", &format!("{path}/approve")).await;
    assert_eq!(refused.status, 200, "it is active already: {}", refused.body);
    let refused = api.with_token("POST", &format!("{path}/reject")).await;
    let problem = refused.problem(409, "wrong_state");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("is active") && detail.contains("`suspend`"), "{detail}");
    api.with_token("POST", &format!("{path}/explode")).await.problem(404, "not_found");
    api.with_token("POST", "/subscriptions/nobody/revoke").await.problem(404, "not_found");
    for (said, what) in [
        ("{\"reason\": 1}", "a text"),
        ("{\"until\": \"x\"}", "no such member"),
        ("{\"expiresAt\": \"soon\"}", "no moment"),
        ("[", "no JSON"),
    ] {
        let answer = api.post(&format!("{path}/suspend"), JSON, said).await;
        assert_eq!(answer.status, 400, "{what}: {}", answer.body);
    }
    let long = json!({ "reason": "x".repeat(2_001) }).to_string();
    api.post(&format!("{path}/suspend"), JSON, &long).await.problem(400, "bad_request");

    let said = json!({ "sunset": "2027-01-31", "successor": "nowhere" }).to_string();
    let answer = api.post("/endpoints/orders/deprecate", JSON, &said).await;
    answer.problem(422, "invalid_resources");
    let said = json!({ "sunset": "2027-01-31" }).to_string();
    let answer = api.post("/endpoints/orders/deprecate", JSON, &said).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let refused = api.with_token("POST", "/endpoints/orders/retire").await;
    let problem = refused.problem(409, "wrong_state");
    assert!(problem["detail"].as_str().unwrap().contains("promised until 2027-01-31"));
}

fn described(kind: &str) -> String {
    let schema = format!(
        "schema: {{type: jsonSchema, definition: {{type: object, properties: {{id: {{type: \
         {kind}}}}}}}}}"
    );
    BASE.replace("address: shop.orders}", &format!("address: shop.orders, {schema}}}"))
}

#[tokio::test]
async fn a_change_that_breaks_says_whom_and_is_made_only_when_that_is_meant() {
    let (api, _) = Api::with_base().await;
    let added = api.apply(&described("integer")).await;
    assert_eq!(added.status, 200, "a description breaks nobody: {}", added.body);
    let version = api.catalog.snapshot().version;

    let told = api.post("/apply?dryRun=true", support::YAML, &described("number")).await.json();
    let breaks = &told["breaks"][0];
    assert_eq!(breaks["verdict"], "breaking");
    assert_eq!(breaks["endpoint"], "orders");
    assert_eq!(breaks["plan"], "orders-gold");
    assert_eq!(breaks["subscriptions"][0]["application"], "shipping");
    assert_eq!(breaks["findings"][0]["path"], "/properties/id");
    let endpoint = &told["resources"][1];
    assert_eq!(endpoint["action"], "updated");
    let id = "/spec/schema/definition/properties/id/type";
    assert_eq!(endpoint["before"].pointer(id).unwrap(), "integer");
    assert_eq!(endpoint["after"].pointer(id).unwrap(), "number");

    let refused = api.apply(&described("number")).await.problem(409, "breaks_subscribers");
    assert_eq!(refused["breaks"], told["breaks"]);
    assert_eq!(api.catalog.snapshot().version, version);
    let meant = api.post("/apply?acceptBreaking=true", support::YAML, &described("number")).await;
    assert_eq!(meant.status, 200, "{}", meant.body);
    // The other way round nobody is broken who reads.
    assert_eq!(api.apply(&described("integer")).await.status, 200);
}

#[tokio::test]
async fn tightening_a_policy_says_what_subscribers_will_see() {
    let (api, _) = Api::with_base().await;
    let policy = |rules: &str| {
        let plan = "spec: {endpoint: orders, limits: {eventsPerSecond: 100}}";
        let with = "spec: {endpoint: orders, policies: [privacy], limits: {eventsPerSecond: 100}}";
        let policy = format!(
            "---\napiVersion: sluicegate/v1\nkind: Policy\nmetadata: {{name: privacy}}\nspec: \
             {{rules: [{rules}]}}\n"
        );
        described("integer").replace(plan, with) + &policy
    };
    assert_eq!(api.apply(&policy("")).await.status, 200);
    let answer = api.apply(&policy("{remove: {path: $.id}}")).await;
    let problem = answer.problem(409, "breaks_subscribers");
    assert_eq!(problem["breaks"][0]["findings"][0]["path"], "/properties/id", "{problem}");
}

#[tokio::test]
async fn everything_leaves_a_record_that_verifies_and_holds_no_secret() {
    let (api, applied) = Api::with_base().await;
    let secret = applied["secrets"][0]["secret"].as_str().unwrap().to_owned();
    let said = json!({ "reason": "too much" }).to_string();
    api.post("/subscriptions/shipping-orders/suspend", JSON, &said).await;
    api.with_token("POST", "/credentials/shipping-1/revoke").await;
    api.with_token("DELETE", "/credentials/shipping-1").await;

    let page = api.get("/audit?limit=3").await.json();
    let types: Vec<_> = page["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| record["event"]["type"].as_str().unwrap().to_owned())
        .collect();
    let expected = ["credential.deleted", "credential.revoked", "subscription.suspended"];
    assert_eq!(types, expected.map(|what| format!("io.sluicegate.{what}.v1")));
    let next = page["next"].as_u64().unwrap();
    let rest = api.get(&format!("/audit?cursor={next}")).await.json();
    assert_eq!(rest["records"].as_array().unwrap().len(), 6);
    assert_eq!(rest["next"], Value::Null);
    let history = api.get("/audit?kind=Subscription&name=shipping-orders").await.json();
    assert_eq!(history["records"].as_array().unwrap().len(), 2);
    let changes = &history["records"][0]["event"]["data"]["changes"];
    let state = json!({ "path": "/spec/state", "before": "active", "after": "suspended" });
    assert!(changes.as_array().unwrap().contains(&state), "{changes}");
    let none = api.get("/audit?actor=nobody").await.json();
    assert_eq!(none["records"], json!([]));
    let later = api.get("/audit?since=2100-01-01T00:00:00Z").await.json();
    assert_eq!(later["records"], json!([]));
    for wrong in ["name=x", "kind=Plane", "since=now", "limit=0", "cursor=x", "colour=red"] {
        api.get(&format!("/audit?{wrong}")).await.problem(400, "bad_request");
    }

    let export = api.get("/audit/export").await;
    assert!(export.head.contains("content-type: application/x-ndjson"), "{}", export.head);
    assert!(!export.body.contains("canary") && !export.body.contains(&secret), "{}", export.body);
    let lines: Vec<&str> = export.body.lines().filter(|line| line.starts_with('{')).collect();
    let checkpoints: Vec<_> = lines.iter().filter_map(|line| checkpoint(line)).collect();
    assert_eq!(checkpoints.last().unwrap().number, 9);
    let mut verifier = Verifier::new(None, &checkpoints).unwrap();
    for record in lines.iter().filter_map(|line| record(line)) {
        verifier.record(&record).unwrap();
    }
    assert_eq!(verifier.finish().unwrap().records, 9);
}

fn checkpoint(line: &str) -> Option<Checkpoint> {
    let line: Value = serde_json::from_str(line).unwrap();
    let text = |member: &str| line["checkpoint"][member].as_str().unwrap().to_owned();
    Some(Checkpoint {
        number: line["checkpoint"]["number"].as_u64()?,
        hash: Hash::parse(&text("hash")).unwrap(),
        at: text("at"),
        key: text("key"),
        signature: text("signature"),
    })
}

fn record(line: &str) -> Option<Record> {
    #[derive(serde::Deserialize)]
    struct Line {
        number: Option<u64>,
        hash: Option<String>,
        event: Option<Box<RawValue>>,
    }
    let Line { number, hash, event } = serde_json::from_str(line).unwrap();
    let (hash, event) = (Hash::parse(&hash?).unwrap(), event?.get().to_owned());
    Some(Record { number: number?, hash, event })
}
