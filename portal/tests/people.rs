//! People at the API: a browser's session with its cookie and its text against forgery, API tokens,
//! and who one is.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use catalog::Actor;
use support::{Answer, Api};

const PASSWORD: &str = "correct horse battery";
const JSON: &str = "content-type: application/json\r\n";

async fn with_dora() -> Api {
    let (api, _) = Api::with_base().await;
    let user = "apiVersion: sluicegate/v1\nkind: User\nmetadata: {name: dora}\nspec: {roles: \
                [developer], teams: [logistics]}\n";
    assert_eq!(api.apply(user).await.status, 200);
    let system = Actor::system("test");
    api.catalog.set_password(&system, "dora", None, PASSWORD).await.unwrap();
    api
}

async fn sign_in(api: &Api, more: &str) -> Answer {
    let body = format!(r#"{{"user": "dora", "password": "{PASSWORD}"}}"#);
    api.send("POST /api/v1/session", &format!("{JSON}{more}"), &body).await
}

/// The cookie's pair, and the text against forgery.
async fn session(api: &Api) -> (String, String) {
    let answer = sign_in(api, "").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let cookie = answer.cookie().unwrap();
    (cookie, answer.json()["csrfToken"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_session_is_a_cookie_that_no_script_sees() {
    let api = with_dora().await;
    let answer = sign_in(&api, "").await;
    let head = answer.head.as_str();
    let line = head.lines().find(|line| line.starts_with("set-cookie: ")).unwrap();
    for part in ["__host-sluicegate=", "; path=/", "; secure", "; httponly", "; samesite=lax"] {
        assert!(line.contains(part), "{line}");
    }
    assert!(head.contains("cache-control: no-store"));
    let (cookie, _) = session(&api).await;
    let who = api.send("GET /api/v1/whoami", &format!("cookie: {cookie}\r\n"), "").await;
    let body = who.json();
    assert_eq!((body["name"].as_str(), body["kind"].as_str()), (Some("dora"), Some("user")));
    assert_eq!(body["teams"], serde_json::json!(["logistics"]));
    assert!(body["csrfToken"].is_string() && body["sessionEnds"].is_string());
}

#[tokio::test]
async fn no_other_page_makes_changes_in_a_session() {
    let api = with_dora().await;
    let (cookie, csrf) = session(&api).await;
    let apply = async |headers: &str| {
        let body = r#"{"apiVersion": "sluicegate/v1", "kind": "Application",
                       "metadata": {"name": "mine"}, "spec": {"owner": "logistics"}}"#;
        let headers = format!("cookie: {cookie}\r\n{JSON}{headers}");
        api.send("POST /api/v1/apply?dryRun=true", &headers, body).await
    };
    let text = format!("x-csrf-token: {csrf}\r\n");
    apply("").await.problem(403, "cross_site");
    apply("x-csrf-token: guess\r\n").await.problem(403, "cross_site");
    for from in [
        "origin: https://evil.example\r\n",
        "origin: null\r\n",
        "sec-fetch-site: cross-site\r\n",
        "sec-fetch-site: same-site\r\n",
    ] {
        apply(&format!("{text}{from}")).await.problem(403, "cross_site");
        sign_in(&api, from).await.problem(403, "cross_site");
    }
    let ours = "origin: https://test\r\nsec-fetch-site: same-origin\r\n";
    assert_eq!(apply(&format!("{text}{ours}")).await.status, 200);
    assert_eq!(apply(&text).await.status, 200);
}

#[tokio::test]
async fn who_signs_out_is_out_and_guessing_is_slow() {
    let api = with_dora().await;
    let (cookie, csrf) = session(&api).await;
    let headers = format!("cookie: {cookie}\r\nx-csrf-token: {csrf}\r\n");
    assert_eq!(api.send("DELETE /api/v1/session", &headers, "").await.status, 204);
    let out = api.send("GET /api/v1/whoami", &format!("cookie: {cookie}\r\n"), "").await;
    out.problem(401, "unauthorized");
    api.send("GET /api/v1/whoami", "cookie: __Host-sluicegate=guess\r\n", "")
        .await
        .problem(401, "unauthorized");
    let body = r#"{"user": "dora", "password": "guess"}"#;
    let mut refused = 0;
    for _ in 0..12 {
        let answer = api.send("POST /api/v1/session", JSON, body).await;
        match answer.status {
            401 => drop(answer.problem(401, "sign_in_refused")),
            _ => {
                answer.problem(429, "too_many_sign_ins");
                refused += 1;
            }
        }
    }
    assert!(refused >= 2, "{refused}");
    // Another user is not kept out.
    let other = r#"{"user": "nobody", "password": "guess"}"#;
    api.send("POST /api/v1/session", JSON, other).await.problem(401, "sign_in_refused");
}

#[tokio::test]
async fn tokens_and_the_administrator_are_told_apart() {
    let api = with_dora().await;
    let who = api.get("/whoami").await.json();
    assert_eq!(who["kind"], "administrator");
    let token = "apiVersion: sluicegate/v1\nkind: Token\nmetadata: {name: laptop}\nspec: {user: \
                 dora, scopes: [read]}\n";
    let applied = api.apply(token).await.json();
    let issued = &applied["secrets"][0];
    assert_eq!((issued["token"].as_str(), issued["user"].as_str()), (Some("laptop"), Some("dora")));
    let secret = issued["secret"].as_str().unwrap();
    assert!(secret.starts_with("sgt_laptop_"), "{secret}");
    let ask = async |method_and_path: &str| {
        let headers = format!("authorization: Bearer {secret}\r\n");
        api.send(method_and_path, &headers, "").await
    };
    let who = ask("GET /api/v1/whoami").await.json();
    assert_eq!((who["name"].as_str(), who["token"].as_str()), (Some("dora"), Some("laptop")));
    assert_eq!(who["scopes"], serde_json::json!(["read"]));
    assert_eq!(ask("GET /api/v1/applications/shipping").await.status, 200);
    ask("DELETE /api/v1/applications/shipping").await.problem(403, "forbidden");
    ask("GET /api/v1/audit").await.problem(403, "forbidden");
    ask("GET /api/v1/clusters/main").await.problem(404, "not_found");
    assert_eq!(ask("GET /api/v1/subscriptions/shipping-orders/connect").await.status, 200);
    assert_eq!(api.post("/tokens/laptop/revoke", "application/json", "").await.status, 200);
    ask("GET /api/v1/whoami").await.problem(401, "unauthorized");
    // Nothing of it is ever read back, but for a restore.
    assert!(!api.get("/tokens/laptop").await.body.contains("verifier"));
    let export = api.get("/tokens?withVerifiers=true").await.body;
    assert!(export.contains("verifier") && !export.contains(secret), "{export}");
}

#[tokio::test]
async fn what_others_have_looks_like_what_is_not_there() {
    let api = with_dora().await;
    let foreign = "apiVersion: sluicegate/v1\nkind: Application\nmetadata: {name: foreign}\nspec: \
                   {owner: others}\n";
    assert_eq!(api.apply(foreign).await.status, 200);
    let (cookie, csrf) = session(&api).await;
    let headers = format!("cookie: {cookie}\r\nx-csrf-token: {csrf}\r\n");
    let routes = [
        ("GET", "/applications/NAME"),
        ("DELETE", "/applications/NAME"),
        ("POST", "/credentials/NAME/revoke"),
        ("POST", "/subscriptions/NAME/revoke"),
        ("GET", "/subscriptions/NAME/connect"),
        ("GET", "/endpoints/NAME/asyncapi"),
        ("POST", "/endpoints/NAME/publish"),
    ];
    for (method, path) in routes {
        let ask = async |name: &str| {
            let path = path.replace("NAME", name);
            let answer = api.send(&format!("{method} /api/v1{path}"), &headers, "").await;
            let body = answer.body.replace(name, "NAME");
            (answer.status, body)
        };
        let (hidden, absent) = (ask("foreign").await, ask("absent").await);
        assert_eq!(hidden, absent, "{method} {path}");
        assert_eq!(hidden.0, 404, "{method} {path}: {}", hidden.1);
    }
}

#[tokio::test]
async fn whoever_decides_about_a_request_sees_who_asks_and_not_what_else_they_have() {
    let api = with_dora().await;
    let theirs = "apiVersion: sluicegate/v1\nkind: Endpoint\nmetadata: {name: parcels}\nspec: \
                  {cluster: main, topic: parcels, owner: logistics}\n---\napiVersion: \
                  sluicegate/v1\nkind: Plan\nmetadata: {name: parcels-free}\nspec: {endpoint: \
                  parcels}\n---\napiVersion: sluicegate/v1\nkind: Application\nmetadata: {name: \
                  foreign}\nspec: {owner: others, description: Counts parcels.}\n---\napiVersion: \
                  sluicegate/v1\nkind: Subscription\nmetadata: {name: foreign-parcels}\nspec: \
                  {application: foreign, endpoint: parcels, plan: parcels-free}\n---\napiVersion: \
                  sluicegate/v1\nkind: Subscription\nmetadata: {name: foreign-orders}\nspec: \
                  {application: foreign, endpoint: orders, plan: orders-gold}\n";
    let applied = api.apply(theirs).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    let user = "apiVersion: sluicegate/v1\nkind: User\nmetadata: {name: dora}\nspec: {roles: \
                [owner], teams: [logistics]}\n";
    assert_eq!(api.apply(user).await.status, 200);
    let (cookie, csrf) = session(&api).await;
    let headers = format!("cookie: {cookie}\r\nx-csrf-token: {csrf}\r\n");
    let ask = async |path: &str| api.send(&format!("GET /api/v1{path}"), &headers, "").await;
    let asking = ask("/subscriptions/foreign-parcels/application").await;
    assert_eq!(asking.status, 200, "{}", asking.body);
    assert_eq!(asking.json()["metadata"]["name"], "foreign");
    assert_eq!(asking.json()["spec"]["description"], "Counts parcels.");
    ask("/subscriptions/foreign-orders/application").await.problem(404, "not_found");
    ask("/applications/foreign").await.problem(404, "not_found");
}

#[tokio::test]
async fn a_refused_token_is_told_to_the_audit_once_a_minute_and_not_repeated() {
    let (api, _) = Api::with_base().await;
    for _ in 0..3 {
        let bearer = "authorization: Bearer slt_nobody\r\n";
        let answer = api.send("GET /api/v1/whoami", bearer, "").await;
        assert_eq!(answer.status, 401, "{}", answer.body);
    }
    let told = api.get("/audit?type=io.sluicegate.token.refused.v1").await;
    let records = told.json()["records"].as_array().unwrap().clone();
    // A minute may begin in between.
    assert!((1..=2).contains(&records.len()), "{}", told.body);
    assert!(!told.body.contains("nobody"), "{}", told.body);
}
