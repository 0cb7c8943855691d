//! How a subscription is connected: facts and snippets, and words for what cannot be.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use serde_json::Value;
use support::{Api, BASE};

const PATH: &str = "/subscriptions/shipping-orders/connect";

async fn changed(from: &str, to: &str) -> Api {
    let api = Api::start().await;
    assert!(BASE.contains(from), "{from}");
    let answer = api.apply(&BASE.replace(from, to)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    api
}

fn clients(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["client"].as_str().unwrap()).collect()
}

async fn refused(api: &Api, query: &str) -> String {
    let problem = api.get(&format!("{PATH}{query}")).await.problem(409, "not_connectable");
    problem["detail"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_subscription_is_told_with_a_snippet_for_every_client() {
    let (api, applied) = Api::with_base().await;
    let answer = api.get(PATH).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.head.contains("cache-control: no-store"));
    let secret = applied["secrets"][0]["secret"].as_str().unwrap();
    assert!(!answer.body.contains(secret));
    let told = answer.json();
    assert_eq!(told["application"], "shipping");
    assert_eq!(told["address"], "shop.orders");
    assert_eq!(told["mode"], "consume");
    assert_eq!(told["credential"], "shipping-1");
    assert_eq!(told["kafka"]["bootstrapServers"], "kafka.example.org:9092");
    assert_eq!(told["kafka"]["securityProtocol"], "SASL_SSL");
    assert_eq!(told["eventsUrl"], "https://events.example.org/v1/endpoints/shop.orders/events");
    let all = ["curl", "kcat", "java", "spring", "python", "node", "go", "rust", "librdkafka"];
    let http = ["python-sse", "node-ws", "websocat", "browser"];
    assert_eq!(clients(&told["snippets"]), [&all[..], &http[..]].concat());
    assert!(clients(&told["unavailable"]).is_empty());

    let one = api.get(&format!("{PATH}?client=go&credential=shipping-1")).await.json();
    assert_eq!(clients(&one["snippets"]), ["go"]);
    let file = &one["snippets"][0]["files"][0];
    assert_eq!(file["name"], "main.go");
    assert!(file["text"].as_str().unwrap().contains("kgo.DialTLS()"));
}

#[tokio::test]
async fn an_endpoint_that_is_written_to_gets_producers() {
    let api = changed("topic: orders,", "topic: orders, direction: produce,").await;
    let told = api.get(PATH).await.json();
    assert_eq!(told["mode"], "produce");
    let http = ["curl", "python-sse", "node-ws", "websocat", "browser"];
    assert_eq!(clients(&told["unavailable"]), http);
    assert!(told["snippets"].to_string().contains("KafkaProducer"));
    assert!(refused(&api, "?mode=consume").await.contains("only written to"));

    let api = changed("topic: orders,", "topic: orders, direction: both,").await;
    assert_eq!(api.get(PATH).await.json()["mode"], "consume");
    assert_eq!(api.get(&format!("{PATH}?mode=produce")).await.json()["mode"], "produce");
    let (api, _) = Api::with_base().await;
    assert!(refused(&api, "?mode=produce").await.contains("only read from"));
}

#[tokio::test]
async fn what_is_not_there_is_told_with_what_is() {
    let (api, _) = Api::with_base().await;
    let problem = api.get("/subscriptions/shiping-order/connect").await.problem(404, "not_found");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("did you mean `shipping-orders`?"), "{detail}");
    let problem = api.get(&format!("{PATH}?client=pyton")).await.problem(400, "bad_request");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("did you mean `python`?"), "{detail}");
    for wrong in ["?mode=both", "?credential=A", "?language=go", "?client="] {
        api.get(&format!("{PATH}{wrong}")).await.problem(400, "bad_request");
    }
    let none = Api::start().await;
    let problem = none.get(PATH).await.problem(404, "not_found");
    assert!(problem["detail"].as_str().unwrap().contains("There is none yet."));
}

#[tokio::test]
async fn a_credential_with_a_secret_is_needed() {
    let (api, _) = Api::with_base().await;
    let other = refused(&api, "?credential=shipping-2").await;
    assert!(other.contains("those are `shipping-1`"), "{other}");
    api.with_token("POST", "/credentials/shipping-1/revoke").await;
    let none = refused(&api, "").await;
    assert!(none.contains("revoked or expired"), "{none}");
    api.with_token("DELETE", "/credentials/shipping-1").await;
    let none = refused(&api, "").await;
    assert!(none.contains("`shipping` has no credential with a secret. Apply"), "{none}");
    // What it says to apply is what helps.
    let document = none.split('`').nth(3).unwrap();
    let answer = api.post("/apply", "application/json", document).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(api.get(PATH).await.status, 200);
}

#[tokio::test]
async fn doors_that_are_closed_are_told() {
    let limits = "limits: {eventsPerSecond: 100}";
    let api = changed(limits, "doors: [sse]").await;
    let told = api.get(PATH).await.json();
    assert_eq!(clients(&told["snippets"]), ["curl", "python-sse"]);
    assert!(told.get("kafka").is_none());
    let why = refused(&api, "?client=java").await;
    assert!(why.contains("does not offer the door `kafka`; it offers `sse`"), "{why}");

    let api = changed(limits, "doors: [kafka]").await;
    assert!(refused(&api, "?client=curl").await.contains("does not offer the door `sse`"));

    let mut other = BASE.replace("{name: main}", "{name: other}");
    other = other.replace("cluster: main", "cluster: other");
    let api = Api::start().await;
    assert_eq!(api.apply(&other).await.status, 200);
    let why = refused(&api, "?client=kcat").await;
    assert!(why.contains("`[kafka]` with `cluster = \"other\"`"), "{why}");
}

#[tokio::test]
async fn a_subscription_that_cannot_read_says_why() {
    let (api, _) = Api::with_base().await;
    api.with_token("POST", "/subscriptions/shipping-orders/suspend").await;
    assert!(refused(&api, "").await.contains("is suspended: resume it first"));
    api.with_token("POST", "/subscriptions/shipping-orders/revoke").await;
    api.get(PATH).await.problem(404, "not_found");
    for (lifecycle, word) in [("draft", "is a draft"), ("retired", "is retired")] {
        let lifecycle = format!("topic: orders, lifecycle: {lifecycle},");
        let api = changed("topic: orders,", &lifecycle).await;
        assert!(refused(&api, "").await.contains(word));
    }
}
