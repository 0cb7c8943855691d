//! Changes only of what somebody saw, and changes that are sent twice and made once.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use support::{Answer, Api};

const JSON: &str = "content-type: application/json\r\n";

async fn ask(api: &Api, method_and_path: &str, headers: &str, body: &str) -> Answer {
    let token = support::TOKEN;
    let headers = format!("authorization: Bearer {token}\r\n{JSON}{headers}");
    let (method, path) = method_and_path.split_once(' ').unwrap();
    api.send(&format!("{method} /api/v1{path}"), &headers, body).await
}

fn tag(answer: &Answer) -> String {
    let line = answer.lines.iter().find(|line| line.to_lowercase().starts_with("etag: ")).unwrap();
    line[6..].to_owned()
}

fn application(owner: &str) -> String {
    format!(
        r#"{{"apiVersion": "sluicegate/v1", "kind": "Application",
            "metadata": {{"name": "shipping"}}, "spec": {{"owner": "{owner}"}}}}"#
    )
}

#[tokio::test]
async fn nobody_writes_over_what_they_did_not_see() {
    let (api, _) = Api::with_base().await;
    let path = "/applications/shipping";
    let read = ask(&api, &format!("GET {path}"), "", "").await;
    let first = tag(&read);
    let known = ask(&api, &format!("GET {path}"), &format!("if-none-match: {first}\r\n"), "").await;
    assert_eq!((known.status, known.body.as_str()), (304, ""));
    let put = async |condition: String, owner: &str| {
        ask(&api, &format!("PUT {path}"), &condition, &application(owner)).await
    };
    let stale = put("if-match: \"AAAAAAAAAAAAAAAAAAAAAA\"\r\n".into(), "x").await;
    stale.problem(412, "precondition_failed");
    assert_eq!(put(format!("if-match: {first}\r\n"), "one").await.status, 200);
    // The second of two who saw the same is told so.
    put(format!("if-match: {first}\r\n"), "two").await.problem(412, "precondition_failed");
    let delete = ask(&api, &format!("DELETE {path}"), &format!("if-match: {first}\r\n"), "").await;
    delete.problem(412, "precondition_failed");
    put("if-none-match: *\r\n".into(), "two").await.problem(412, "precondition_failed");
    assert_eq!(put("if-match: *\r\n".into(), "two").await.status, 200);
    put("if-match: nonsense\r\n".into(), "two").await.problem(400, "bad_request");
    let moved = "POST /subscriptions/shipping-orders/suspend";
    ask(&api, moved, "if-match: \"x\"\r\n", "").await.problem(412, "precondition_failed");
    let seen = tag(&ask(&api, "GET /subscriptions/shipping-orders", "", "").await);
    assert_eq!(ask(&api, moved, &format!("if-match: {seen}\r\n"), "").await.status, 200);
    // Who waits for what is not there yet.
    let absent = ask(&api, "PUT /applications/another", "if-match: *\r\n", &application("x")).await;
    absent.problem(400, "bad_request");
    let new = application("x").replace("shipping", "another");
    let absent = ask(&api, "PUT /applications/another", "if-match: *\r\n", &new).await;
    absent.problem(412, "precondition_failed");
    let made = ask(&api, "PUT /applications/another", "if-none-match: *\r\n", &new).await;
    assert_eq!(made.status, 200, "{}", made.body);
}

#[tokio::test]
async fn what_is_sent_twice_is_made_once_and_answered_alike() {
    let (api, _) = Api::with_base().await;
    let credential = |name: &str| {
        format!(
            r#"{{"apiVersion": "sluicegate/v1", "kind": "Credential",
                "metadata": {{"name": "{name}"}}, "spec": {{"application": "shipping"}}}}"#
        )
    };
    let send = async |key: &str, name: &str| {
        ask(&api, "POST /apply", &format!("idempotency-key: {key}\r\n"), &credential(name)).await
    };
    let first = send("one", "twice").await;
    assert_eq!(first.status, 200, "{}", first.body);
    let secret = first.json()["secrets"][0]["secret"].as_str().unwrap().to_owned();
    let again = send("one", "twice").await;
    assert_eq!((again.status, &again.body), (200, &first.body), "with the secret");
    assert!(again.head.contains("idempotency-replayed: true"));
    let other = send("one", "another").await;
    other.problem(422, "idempotency_key_reused");
    // Without the key it is another request, which changes nothing and tells no secret.
    let later = ask(&api, "POST /apply", "", &credential("twice")).await;
    assert!(later.status == 200 && !later.body.contains(&secret));
    // What was refused may be tried again.
    let wrong = |name: &str| credential(name).replace("shipping", "nobody");
    let key = "idempotency-key: two\r\n";
    assert_eq!(ask(&api, "POST /apply", key, &wrong("c")).await.status, 422);
    assert_eq!(ask(&api, "POST /apply", key, &wrong("c")).await.status, 422);
    assert_eq!(ask(&api, "POST /apply", key, &credential("c")).await.status, 200);
    // Many at once: one is made, the others wait or are answered alike.
    let keys = "idempotency-key: three\r\n";
    let body = credential("many");
    let all = (0..8).map(|_| ask(&api, "POST /apply", keys, &body));
    let all: Vec<Answer> = futures(all).await;
    let made = all.iter().filter(|answer| answer.status == 200);
    let secrets: std::collections::BTreeSet<_> = made.map(|answer| answer.body.clone()).collect();
    assert_eq!(secrets.len(), 1);
    let waiting = all.iter().filter(|answer| answer.status != 200);
    for answer in waiting {
        answer.problem(409, "idempotency_key_in_use");
    }
    ask(&api, "POST /apply", "idempotency-key: \r\n", &body).await.problem(400, "bad_request");
}

async fn futures<F: Future<Output = Answer>>(all: impl Iterator<Item = F>) -> Vec<Answer> {
    futures_util::future::join_all(all).await
}
