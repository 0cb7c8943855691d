//! Messages to an endpoint's subscribers over REST: who may write, what is refused and where, and
//! how often it may be.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use catalog::Actor;
use serde_json::{Value, json};
use support::{Answer, Api};

const JSON: &str = "application/json";
const PATH: &str = "/endpoints/orders/messages";
const PASSWORD: &str = "correct horse battery";

/// Users of every role, in the endpoint's team and in another.
const WORLD: &str = r#"
apiVersion: sluicegate/v1
kind: Cluster
metadata: {name: main}
spec: {bootstrapServers: ["127.0.0.1:9092"]}
---
apiVersion: sluicegate/v1
kind: Endpoint
metadata: {name: orders}
spec: {cluster: main, topic: orders, owner: shop, visibleTo: [partners]}
---
apiVersion: sluicegate/v1
kind: Plan
metadata: {name: orders-gold}
spec: {endpoint: orders}
---
apiVersion: sluicegate/v1
kind: Plan
metadata: {name: orders-free}
spec: {endpoint: orders, approval: owner}
---
apiVersion: sluicegate/v1
kind: Endpoint
metadata: {name: parcels}
spec: {cluster: main, topic: parcels, owner: shop}
---
apiVersion: sluicegate/v1
kind: Plan
metadata: {name: parcels-any}
spec: {endpoint: parcels}
---
apiVersion: sluicegate/v1
kind: Team
metadata: {name: partners}
spec: {email: partners@example.net}
---
apiVersion: sluicegate/v1
kind: Application
metadata: {name: labels}
spec: {owner: partners}
---
apiVersion: sluicegate/v1
kind: Application
metadata: {name: prints}
spec: {owner: partners}
---
apiVersion: sluicegate/v1
kind: Subscription
metadata: {name: labels-orders}
spec: {application: labels, endpoint: orders, plan: orders-gold}
---
apiVersion: sluicegate/v1
kind: Subscription
metadata: {name: prints-orders}
spec: {application: prints, endpoint: orders, plan: orders-free}
"#;

async fn world() -> Api {
    let api = Api::start().await;
    let answer = api.apply(WORLD).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    api
}

/// A token of a new user.
async fn token(api: &Api, role: &str, team: &str, scopes: &str) -> String {
    let user = format!("{}-{team}", role.to_lowercase());
    let documents = format!(
        "apiVersion: sluicegate/v1\nkind: User\nmetadata: {{name: {user}}}\nspec: {{roles: \
         [{role}], teams: [{team}]}}\n---\napiVersion: sluicegate/v1\nkind: Token\nmetadata: \
         {{name: {user}-{scopes}}}\nspec: {{user: {user}, scopes: [read, {scopes}]}}\n"
    );
    let answer = api.apply(&documents).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["secrets"][0]["secret"].as_str().unwrap().to_owned()
}

async fn by(api: &Api, token: &str, path: &str, body: &Value) -> Answer {
    let headers = format!("authorization: Bearer {token}\r\ncontent-type: {JSON}\r\n");
    api.send(&format!("POST /api/v1{path}"), &headers, &body.to_string()).await
}

async fn write(api: &Api, body: &Value) -> Answer {
    by(api, support::TOKEN, PATH, body).await
}

fn message() -> Value {
    json!({ "subject": "Maintenance", "text": "On Sunday." })
}

#[tokio::test]
async fn those_write_who_decide_and_who_does_not_see_the_endpoint_finds_none() {
    let api = world().await;
    for (role, team, status) in [
        ("admin", "elsewhere", 200),
        ("operator", "shop", 403),
        ("owner", "shop", 200),
        ("owner", "partners", 403),
        ("owner", "elsewhere", 404),
        ("securityOfficer", "elsewhere", 200),
        ("auditor", "shop", 403),
        ("developer", "shop", 403),
        ("developer", "partners", 403),
        ("developer", "elsewhere", 404),
    ] {
        let token = token(&api, role, team, "decide").await;
        let what = format!("{role} of {team}");
        for path in [PATH.to_owned(), format!("{PATH}?dryRun=true")] {
            let answer = by(&api, &token, &path, &message()).await;
            assert_eq!(answer.status, status, "{what} {path}: {}", answer.body);
        }
        // Who may not is told nothing of what is there.
        let wrong = json!({ "plans": ["nowhere"] });
        let expected = if status == 200 { 422 } else { status };
        assert_eq!(by(&api, &token, PATH, &wrong).await.status, expected, "{what}");
    }
    let weak = token(&api, "owner", "shop", "write").await;
    by(&api, &weak, PATH, &message()).await.problem(403, "forbidden");
    let nobody = api.send(&format!("POST /api/v1{PATH}"), "", "").await;
    nobody.problem(401, "unauthorized");
    let absent = by(&api, support::TOKEN, "/endpoints/nowhere/messages", &message()).await;
    absent.problem(404, "not_found");
}

/// The places that are wrong.
fn places(answer: &Answer) -> Vec<String> {
    let problem = answer.problem(422, "invalid_resources");
    let errors = problem["errors"].as_array().unwrap();
    errors.iter().filter_map(|error| Some(error["path"].as_str()?.to_owned())).collect()
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_at_its_place() {
    let api = world().await;
    let text = "On Sunday.";
    for (body, expected) in [
        (json!({}), &["subject", "text"][..]),
        (json!({ "subject": "x".repeat(121), "text": text }), &["subject"]),
        (json!({ "subject": "Hi\r\nBcc: all@example.net", "text": text }), &["subject"]),
        (json!({ "subject": "Hi\nX-Header: 1", "text": text }), &["subject"]),
        (json!({ "subject": "Hi", "text": "x".repeat(4_001) }), &["text"]),
        (json!({ "subject": "Hi", "text": "a\u{0}b" }), &["text"]),
        (json!({ "subject": "Hi", "text": "a\r\n.\r\nMAIL FROM:<a@b>" }), &["text"]),
        (
            json!({ "subject": "Hi", "text": text, "plans": ["orders-gold", "parcels-any"] }),
            &["plans[1]"],
        ),
        (json!({ "subject": "Hi", "text": text, "subscriptions": ["x"] }), &["subscriptions[0]"]),
        (json!({ "subject": "Hi", "text": text, "plans": vec!["orders-gold"; 101] }), &["plans"]),
        (json!({ "text": text, "plans": ["orders-gld"] }), &["subject", "plans[0]"]),
    ] {
        assert_eq!(places(&write(&api, &body).await), expected, "{body}");
    }
    let meant = json!({ "plans": ["orders-gld"] });
    let answer = by(&api, support::TOKEN, &format!("{PATH}?dryRun=true"), &meant).await;
    assert!(
        answer.problem(422, "invalid_resources")["detail"].as_str().unwrap().contains("gold`?")
    );
    for body in ["{\"subject\": 1}", "{\"bcc\": \"x\"}", "[", "{\"plans\": \"orders-gold\"}"] {
        let answer = api.post(PATH, JSON, body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
    }
    let answer = by(&api, support::TOKEN, &format!("{PATH}?dry_run=true"), &message()).await;
    answer.problem(400, "bad_request");
    assert_eq!(audited(&api).await.len(), 0, "nothing of that was sent");
}

#[tokio::test]
async fn nobody_to_tell_is_said_so() {
    let api = world().await;
    let nobody = |answer: Answer| {
        let problem = answer.problem(422, "invalid_resources");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("there is nobody to tell"), "{detail}");
    };
    nobody(by(&api, support::TOKEN, "/endpoints/parcels/messages", &message()).await);
    let mut none = message();
    none["plans"] = json!([]);
    nobody(write(&api, &none).await);
    let revoke = api.with_token("POST", "/subscriptions/labels-orders/revoke").await;
    assert_eq!(revoke.status, 200);
    let mut ended = message();
    ended["plans"] = json!(["orders-gold"]);
    nobody(write(&api, &ended).await);
    ended["subscriptions"] = json!(["labels-orders"]);
    let answer = write(&api, &ended).await;
    assert!(answer.body.contains("is revoked"), "{}", answer.body);
    assert_eq!(places(&answer), ["subscriptions[0]"]);
    // One that waits is told; one of a team without any address is nobody.
    assert_eq!(write(&api, &message()).await.json()["subscriptions"], 1);
    let team = "apiVersion: sluicegate/v1\nkind: Team\nmetadata: {name: partners}\nspec: {}\n";
    assert_eq!(api.apply(team).await.status, 200);
    nobody(write(&api, &message()).await);
}

/// The events of the messages that the audit has, the newest first.
async fn audited(api: &Api) -> Vec<Value> {
    let listed = api.get("/audit?type=io.sluicegate.endpoint.message.v1&limit=100").await.json();
    let records = listed["records"].as_array().unwrap();
    records.iter().map(|record| record["event"].clone()).collect()
}

#[tokio::test]
async fn the_eleventh_of_an_hour_waits_and_a_dry_run_counts_nothing() {
    let api = world().await;
    let dry = format!("{PATH}?dryRun=true");
    let counted = by(&api, support::TOKEN, &dry, &json!({})).await;
    assert_eq!(counted.status, 200, "{}", counted.body);
    // Two applications of one team: one mail.
    assert_eq!(counted.json(), json!({ "subscriptions": 2, "receivers": 1, "by": [] }));
    let of_plan = by(&api, support::TOKEN, &dry, &json!({ "plans": ["orders-free"] })).await;
    assert_eq!(of_plan.json()["subscriptions"], 1);
    assert_eq!(audited(&api).await.len(), 0, "a dry run sends nothing");
    for number in 0..8 {
        let answer = write(&api, &message()).await;
        assert_eq!(answer.status, 200, "{number}: {}", answer.body);
    }
    // Four at once: two are the ninth and the tenth.
    let said = message();
    let four = [(); 4].map(|()| write(&api, &said));
    let mut statuses: Vec<_> =
        futures_util::future::join_all(four).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 429, 429]);
    let refused = write(&api, &message()).await;
    let detail = refused.problem(429, "too_often")["detail"].to_string();
    assert!(detail.contains("at most 10 messages an hour"), "{detail}");
    let wait = refused.head.lines().find_map(|line| line.strip_prefix("retry-after: "));
    let wait: u32 = wait.unwrap().parse().unwrap();
    assert!((3_500..=3_600).contains(&wait), "{wait}");
    assert_eq!(by(&api, support::TOKEN, &dry, &json!({})).await.status, 200);
    assert_eq!(audited(&api).await.len(), 10);
}

#[tokio::test]
async fn the_audit_keeps_who_wrote_what_and_a_message_sent_again_is_one() {
    let api = world().await;
    let user = token(&api, "owner", "shop", "decide").await;
    let body = json!({ "subject": " Maintenance ", "text": "On Sunday.\n\n\tFrom 8:00.\n",
                       "plans": ["orders-gold"] });
    let headers =
        format!("authorization: Bearer {user}\r\ncontent-type: {JSON}\r\nidempotency-key: one\r\n");
    for _ in 0..2 {
        let answer = api.send(&format!("POST /api/v1{PATH}"), &headers, &body.to_string()).await;
        assert_eq!(answer.json(), json!({ "subscriptions": 1, "receivers": 1, "by": [] }));
    }
    let records = audited(&api).await;
    assert_eq!(records.len(), 1);
    let event = &records[0];
    assert_eq!(event["subject"], "Endpoint/orders");
    let data = &event["data"];
    assert_eq!(data["actor"]["name"], "owner-shop");
    assert_eq!(data["subject"], "Maintenance");
    assert_eq!(data["text"], "On Sunday.\n\n\tFrom 8:00.");
    assert_eq!(data["plans"], json!(["orders-gold"]));
    assert!(data.get("subscriptions").is_none());
    assert_eq!(data["told"], json!({ "subscriptions": 1, "receivers": 1 }));
}

#[tokio::test]
async fn in_a_session_no_other_page_writes() {
    let api = world().await;
    token(&api, "owner", "shop", "decide").await;
    let system = Actor::system("test");
    api.catalog.set_password(&system, "owner-shop", None, PASSWORD).await.unwrap();
    let body = json!({ "user": "owner-shop", "password": PASSWORD }).to_string();
    let content_type = format!("content-type: {JSON}\r\n");
    let session = api.send("POST /api/v1/session", &content_type, &body).await;
    let cookie = format!("{content_type}cookie: {}\r\n", session.cookie().unwrap());
    let body = message().to_string();
    let target = format!("POST /api/v1{PATH}");
    api.send(&target, &cookie, &body).await.problem(403, "cross_site");
    let csrf = session.json()["csrfToken"].as_str().unwrap().to_owned();
    let headers = format!("{cookie}x-csrf-token: {csrf}\r\n");
    assert_eq!(api.send(&target, &headers, &body).await.status, 200);
}
