//! Looking into clusters over the API: who may, what is told, and where payloads never go.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use support::{Api, TOKEN, inspector::PAYLOAD};

const SAMPLE: &str = "/clusters/main/topics/orders/sample";

async fn ask(api: &Api, path: &str, body: &str) -> support::Answer {
    api.post(path, "application/json", body).await
}

#[tokio::test]
async fn topics_come_with_the_endpoints_of_them() {
    let (api, _) = Api::with_base().await;
    let topics = api.get("/clusters/main/topics?filter=o&limit=2").await;
    assert_eq!(topics.status, 200, "{}", topics.body);
    let topics = topics.json();
    assert_eq!(topics["items"][0]["name"], "orders");
    assert_eq!(topics["items"][0]["endpoints"], serde_json::json!(["orders"]));
    assert_eq!(topics["items"][0]["records"], 7);
    assert_eq!(topics["items"][1]["endpoints"], serde_json::json!([]));
    api.get("/clusters/main/topics?limit=101").await.problem(400, "bad_request");
    api.get("/clusters/none/topics").await.problem(404, "not_found");
}

#[tokio::test]
async fn reading_records_takes_a_reason_that_the_audit_keeps_and_leaves_nothing_else() {
    let (api, _) = Api::with_base().await;
    for (body, detail) in [
        ("", "reason"),
        (r#"{"reason": " "}"#, "reason"),
        (r#"{"reason": "two\nlines"}"#, "reason"),
        (r#"{"reason": "why", "records": 0}"#, "1 to 20"),
        (r#"{"reason": "why", "records": 21}"#, "1 to 20"),
    ] {
        let refused = ask(&api, SAMPLE, body).await.problem(422, "invalid_resources");
        assert!(refused["detail"].as_str().unwrap().contains(detail), "{refused}");
    }
    let audit = api.get("/audit?type=io.sluicegate.cluster.sampled.v1").await.json();
    assert_eq!(audit["records"], serde_json::json!([]), "nothing was read");
    let answer = ask(&api, SAMPLE, r#"{"reason": "broken dates", "records": 3}"#).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.head.contains("cache-control: no-store"), "{}", answer.head);
    let record = &answer.json()["records"][0];
    assert_eq!(record["value"]["content"]["email"], PAYLOAD);
    assert_eq!(record["timestamp"], "2027-01-15T08:00:00Z");
    let audit = api.get("/audit").await;
    assert!(!audit.body.contains(PAYLOAD), "{}", audit.body);
    let event = &audit.json()["records"][0]["event"];
    assert_eq!(event["type"], "io.sluicegate.cluster.sampled.v1");
    assert_eq!(event["subject"], "Cluster/main");
    assert_eq!(event["data"]["reason"], "broken dates");
    assert_eq!(event["data"]["topic"], "orders");
    assert_eq!(event["data"]["records"], 3);
}

#[tokio::test]
async fn records_are_not_kept_for_an_idempotency_key() {
    let (api, _) = Api::with_base().await;
    let headers = format!(
        "authorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\n\
         idempotency-key: once\r\n"
    );
    for expected in 1..=2 {
        let path = format!("POST /api/v1{SAMPLE}");
        let answer = api.send(&path, &headers, r#"{"reason": "twice"}"#).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(!answer.head.contains("idempotency-replayed"), "{}", answer.head);
        let audit = api.get("/audit?type=io.sluicegate.cluster.sampled.v1").await.json();
        assert_eq!(audit["records"].as_array().unwrap().len(), expected, "each is told");
    }
}

#[tokio::test]
async fn a_proposal_can_be_applied_and_holds_no_value() {
    let (api, _) = Api::with_base().await;
    let path = "/clusters/main/topics/payments/proposal";
    let draft = ask(&api, path, r#"{"records": 5, "reason": "to publish", "owner": "shop"}"#).await;
    assert_eq!(draft.status, 200, "{}", draft.body);
    assert!(!draft.body.contains(PAYLOAD), "{}", draft.body);
    let draft = draft.json();
    assert_eq!(draft["findings"][0]["path"], "$.email");
    assert_eq!(draft["findings"][0]["by"], "nameAndShape");
    let documents = draft["documents"].to_string();
    let applied = ask(&api, "/apply", &documents).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    let endpoint = api.get("/endpoints/payments").await.json();
    assert_eq!(endpoint["spec"]["lifecycle"], "draft");
    assert_eq!(endpoint["spec"]["owner"], "shop");
    assert_eq!(api.get("/policies/payments-redaction").await.status, 200);
    // Without records nothing is read, and the draft says so; what is published is named.
    let draft = ask(&api, "/clusters/main/topics/orders/proposal", "").await;
    assert_eq!(draft.status, 200, "{}", draft.body);
    assert!(draft.body.contains("published already: endpoint `orders`"), "{}", draft.body);
    let audit = api.get("/audit?type=io.sluicegate.cluster.sampled.v1").await.json();
    assert_eq!(audit["records"].as_array().unwrap().len(), 1);
    ask(&api, "/clusters/main/topics/gone/proposal", "").await.problem(404, "not_found");
}

#[tokio::test]
async fn drift_names_what_has_gone_apart_and_reads_records_only_when_asked() {
    let (api, _) = Api::with_base().await;
    let drift = api.get("/clusters/main/drift").await;
    assert_eq!(drift.status, 200, "{}", drift.body);
    assert_eq!(drift.json(), serde_json::json!({ "drift": [], "endpoints": 1, "notes": [] }));
    let world = r#"
apiVersion: sluicegate/v1
kind: Endpoint
metadata: {name: orders, labels: {partitions: "6"}}
spec:
  cluster: main
  topic: orders
  address: shop.orders
  schema: {type: jsonSchema, definition: {type: object, required: [total]}}
---
apiVersion: sluicegate/v1
kind: Plan
metadata: {name: orders-gold}
spec: {endpoint: orders, replayWindow: 2h}
"#;
    let answer = api.post("/apply?acceptBreaking=true", support::YAML, world).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let kinds = |answer: support::Answer| -> Vec<String> {
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(!answer.body.contains(PAYLOAD), "{}", answer.body);
        let found = answer.json()["drift"].as_array().unwrap().clone();
        found.iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect()
    };
    let told = kinds(api.get("/clusters/main/drift").await);
    assert_eq!(told, ["partitionsChanged", "retentionShort"]);
    let records = "/clusters/main/drift?endpoint=orders&records=3";
    api.get(records).await.problem(422, "invalid_resources");
    api.get("/clusters/main/drift?records=3&reason=x").await.problem(400, "bad_request");
    api.get("/clusters/main/drift?endpoint=none").await.problem(404, "not_found");
    let told = kinds(api.get(&format!("{records}&reason=complaints")).await);
    assert_eq!(told, ["partitionsChanged", "retentionShort", "schemaMismatch"]);
    let audit = api.get("/audit?type=io.sluicegate.cluster.sampled.v1").await.json();
    assert_eq!(audit["records"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn drafts_of_a_whole_cluster_are_a_job_that_is_followed() {
    let (api, _) = Api::with_base().await;
    let path = "/clusters/main/drafts";
    let begun = ask(&api, path, r#"{"records": 5, "reason": "to publish", "owner": "shop"}"#).await;
    assert_eq!(begun.status, 202, "{}", begun.body);
    let id = begun.json()["id"].as_str().unwrap().to_owned();
    assert!(begun.head.contains(&format!("location: /api/v1/jobs/{id}")), "{}", begun.head);
    // The stream ends with the job.
    let followed = api.get(&format!("/jobs/{id}/events")).await;
    let last = followed.body.rsplit("data: ").next().unwrap();
    assert!(last.contains("\"state\":\"done\""), "{}", followed.body);
    let job = api.get(&format!("/jobs/{id}")).await.json();
    // `orders` is published already.
    assert_eq!(job["total"], 1);
    assert_eq!(job["result"]["topics"][0]["topic"], "payments");
    assert_eq!(job["result"]["topics"][0]["findings"][0]["path"], "$.email");
    assert!(!job.to_string().contains(PAYLOAD));
    let documents = job["result"]["documents"].to_string();
    assert_eq!(ask(&api, "/apply", &documents).await.status, 200, "{documents}");
    let audit = api.get("/audit?type=io.sluicegate.cluster.sampled.v1").await.json();
    assert_eq!(audit["records"].as_array().unwrap().len(), 1, "each read is told");
    api.get("/jobs/0123").await.problem(404, "not_found");
    api.with_token("DELETE", &format!("/jobs/{id}")).await;
    ask(&api, path, r#"{"records": 21}"#).await.problem(400, "bad_request");
    ask(&api, "/clusters/none/drafts", "{}").await.problem(404, "not_found");
}
