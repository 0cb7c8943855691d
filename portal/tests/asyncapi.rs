//! AsyncAPI documents out of endpoints and in again, over REST.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use support::{Api, BASE, YAML};

#[tokio::test]
async fn an_endpoint_is_told_with_the_doors_and_read_again() {
    let (api, _) = Api::with_base().await;
    let answer = api.get("/endpoints/orders/asyncapi").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let document = answer.json();
    assert_eq!(document["asyncapi"], "3.1.0");
    assert_eq!(document["servers"]["kafka"]["host"], "kafka.example.org:9092");
    assert_eq!(document["servers"]["sse"]["host"], "events.example.org");
    assert_eq!(document["channels"]["kafka"]["address"], "shop.orders");

    let yaml = api.get("/endpoints/orders/asyncapi?version=2.6.0&format=yaml").await;
    assert!(yaml.head.contains("content-type: application/yaml"), "{}", yaml.head);
    assert!(yaml.body.starts_with("asyncapi: 2.6.0\n"), "{}", yaml.body);

    let imported = api.post("/import/asyncapi", YAML, &yaml.body).await;
    assert_eq!(imported.status, 200, "{}", imported.body);
    let imported = imported.json();
    assert_eq!(imported["report"][0]["kind"], "taken");
    // What it is already: applied again, nothing changes.
    let documents = imported["documents"].to_string();
    let applied = api.post("/apply", "application/json", &documents).await.json();
    assert_eq!(applied["resources"][0]["name"], "orders");
}

#[tokio::test]
async fn a_plan_is_told_as_its_subscribers_see_it() {
    let api = Api::start().await;
    let hidden = BASE.replace(
        "spec: {cluster: main, topic: orders, address: shop.orders}",
        "spec:\n  cluster: main\n  topic: orders\n  schema:\n    type: jsonSchema\n    definition: \
         {properties: {pin: {type: integer, examples: [4711]}}}\n---\napiVersion: \
         sluicegate/v1\nkind: Policy\nmetadata: {name: hide}\nspec: {rules: [{remove: {path: \
         $.pin}}]}",
    );
    let hidden =
        hidden.replace("{endpoint: orders, limits", "{endpoint: orders, policies: [hide], limits");
    let answer = api.apply(&hidden).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let owner = api.get("/endpoints/orders/asyncapi").await.body;
    assert!(owner.contains("4711") && owner.contains("\"pin\""));
    let theirs = api.get("/endpoints/orders/asyncapi?plan=orders-gold").await;
    assert_eq!(theirs.status, 200, "{}", theirs.body);
    assert!(!theirs.body.contains("4711") && !theirs.body.contains("\"pin\""), "{}", theirs.body);
    api.post("/import/asyncapi", YAML, &theirs.body).await.problem(422, "invalid_resources");
}

#[tokio::test]
async fn what_cannot_be_told_or_read_is_said() {
    let (api, _) = Api::with_base().await;
    api.get("/endpoints/none/asyncapi").await.problem(404, "not_found");
    api.get("/endpoints/orders/asyncapi?plan=none").await.problem(404, "not_found");
    api.get("/endpoints/orders/asyncapi?version=1").await.problem(400, "bad_request");
    api.get("/endpoints/orders/asyncapi?format=xml").await.problem(400, "bad_request");
    let other = api.post("/import/asyncapi", "text/plain", "asyncapi: 3.0.0").await;
    other.problem(415, "unsupported_media_type");
    let wrong = api.post("/import/asyncapi", YAML, "asyncapi: 3.0.0\ninfo: {title: t}\n").await;
    let problem = wrong.problem(422, "invalid_resources");
    assert!(problem["errors"][0]["message"].as_str().unwrap().contains("version"));
    assert_eq!(api.catalog.snapshot().version, 1);
}
