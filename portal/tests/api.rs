//! The API as a client sees it, over a real socket and a real file.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use catalog::model::Kind;
use support::{Api, BASE, TOKEN, YAML};

#[tokio::test]
async fn an_apply_answers_what_happened_and_each_new_secret_once() {
    let api = Api::start().await;
    let answer = api.apply(BASE).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.head.contains("cache-control: no-store"));
    let applied = answer.json();
    assert_eq!(applied["version"], 1);
    assert_eq!(applied["resources"].as_array().unwrap().len(), 6);
    assert_eq!(applied["resources"][2]["kind"], "Plan");
    assert_eq!(applied["resources"][2]["name"], "orders-gold");
    assert_eq!(applied["resources"][2]["action"], "created");
    assert_eq!(applied["secrets"].as_array().unwrap().len(), 1);
    assert_eq!(applied["secrets"][0]["credential"], "shipping-1");
    assert_eq!(applied["secrets"][0]["application"], "shipping");
    let secret = applied["secrets"][0]["secret"].as_str().unwrap();
    assert!(api.catalog.snapshot().credentials["shipping-1"].verify(secret));

    let again = api.apply(BASE).await.json();
    assert_eq!(again["version"], 1);
    assert_eq!(again["resources"][2]["action"], "unchanged");
    assert_eq!(again["secrets"].as_array().unwrap().len(), 0);

    for kind in Kind::ALL {
        let list = api.get(&format!("/{}", kind.plural())).await;
        assert_eq!(list.status, 200);
        assert!(!list.body.contains("canary"), "{}", list.body);
        assert!(!list.body.contains(secret), "{}", list.body);
    }
}

#[tokio::test]
async fn without_the_token_nothing_is_told_and_nothing_done() {
    let (api, _) = Api::with_base().await;
    let yaml = "content-type: application/yaml\r\n";
    for authorization in [
        String::new(),
        "authorization: Bearer \r\n".to_owned(),
        "authorization: Bearer another-token-of-some-length\r\n".to_owned(),
        format!("authorization: Bearer {TOKEN}x\r\n"),
        format!("authorization: Basic {TOKEN}\r\n"),
        format!("authorization: {TOKEN}\r\n"),
        format!("authorization: Bearer {TOKEN}\r\nauthorization: Bearer {TOKEN}\r\n"),
        format!("x-token: {TOKEN}\r\n"),
    ] {
        for route in [
            "POST /api/v1/apply",
            "GET /api/v1/version",
            "GET /api/v1/plans",
            "GET /api/v1/plans/orders-gold",
            "GET /api/v1/plans/there-is-none",
            "DELETE /api/v1/subscriptions/shipping-orders",
            "GET /api/v1/subscriptions/shipping-orders/connect",
            "GET /api/v1/endpoints/orders/asyncapi",
            "POST /api/v1/import/asyncapi",
            "POST /api/v1/credentials/shipping-1/revoke",
            "POST /api/v1/subscriptions/shipping-orders/revoke",
            "POST /api/v1/subscriptions/shipping-orders/suspend",
            "POST /api/v1/subscriptions/shipping-orders/resume",
            "POST /api/v1/endpoints/orders/deprecate",
            "GET /api/v1/changes",
            "GET /api/v1/audit",
            "GET /api/v1/audit/export",
        ] {
            let answer = api.send(route, &format!("{authorization}{yaml}"), BASE).await;
            answer.problem(401, "unauthorized");
            assert!(answer.head.contains("www-authenticate: bearer"), "{}", answer.head);
        }
    }
    assert_eq!(api.catalog.snapshot().version, 1);
}

#[tokio::test]
async fn a_wrong_document_is_told_with_its_line_and_column() {
    let (api, _) = Api::with_base().await;
    let text = BASE.replace("limits: {eventsPerSecond", "limits: {eventsPerSecnd");
    let problem = api.apply(&text).await.problem(422, "invalid_resources");
    let errors = problem["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    let line = text.lines().position(|line| line.contains("Secnd")).unwrap();
    let column = text.lines().nth(line).unwrap().find("eventsPerSecnd").unwrap();
    assert_eq!(errors[0]["line"], line + 1);
    assert_eq!(errors[0]["column"], column + 1);
    assert_eq!(errors[0]["document"], 3);
    assert_eq!(errors[0]["kind"], "Plan");
    assert_eq!(errors[0]["name"], "orders-gold");
    assert_eq!(errors[0]["path"], "spec.limits.eventsPerSecnd");
    let message = errors[0]["message"].as_str().unwrap();
    assert!(message.contains("did you mean `eventsPerSecond`?"), "{message}");

    let broken = api.apply("kind: [Plan\nmetadata: {").await;
    let problem = broken.problem(422, "invalid_resources");
    assert!(problem["errors"][0]["line"].is_u64());
    let not_text = api.post("/apply", YAML, "").await;
    not_text.problem(422, "invalid_resources");
    assert_eq!(api.catalog.snapshot().version, 1);
}

#[tokio::test]
async fn a_dry_run_checks_and_changes_nothing() {
    let api = Api::start().await;
    let answer = api.post("/apply?dryRun=true", YAML, BASE).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["resources"][0]["action"], "created");
    assert_eq!(answer.json()["secrets"].as_array().unwrap().len(), 0);
    assert_eq!(api.get("/version").await.json()["catalog"], 0);
    let misspelt = api.post("/apply?dryrun=true", YAML, BASE).await;
    misspelt.problem(400, "bad_request");
    assert_eq!(api.get("/version").await.json()["catalog"], 0);
}

#[tokio::test]
async fn json_is_taken_and_other_types_are_not() {
    let (api, _) = Api::with_base().await;
    let json = r#"[{"apiVersion": "sluicegate/v1", "kind": "Application",
        "metadata": {"name": "billing"}, "spec": {}}]"#;
    let answer = api.post("/apply", "application/json; charset=utf-8", json).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(api.get("/applications/billing").await.status, 200);
    for other in ["text/plain", "application/x-www-form-urlencoded", "", "application/yamlx"] {
        let answer = api.post("/apply", other, BASE).await;
        answer.problem(415, "unsupported_media_type");
    }
}

#[tokio::test]
async fn a_body_beyond_the_bound_is_refused() {
    let api = Api::start().await;
    let long = "#".repeat(catalog::document::limits::TEXT_BYTES_MAX + 1);
    api.apply(&long).await.problem(413, "body_too_large");
}

#[tokio::test]
async fn a_revoked_credential_works_no_more() {
    let (api, applied) = Api::with_base().await;
    let secret = applied["secrets"][0]["secret"].as_str().unwrap();
    for action in ["updated", "unchanged"] {
        let answer = api.with_token("POST", "/credentials/shipping-1/revoke").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.json()["resources"][0]["action"], action);
    }
    let snapshot = api.catalog.snapshot();
    assert!(!snapshot.credentials["shipping-1"].verify(secret));
    let read = api.get("/credentials/shipping-1").await.json();
    assert_eq!(read["spec"]["revoked"], true);
    let missing = api.with_token("POST", "/credentials/nobody/revoke").await;
    missing.problem(404, "not_found");
}

#[tokio::test]
async fn a_subscription_is_suspended_resumed_and_revoked() {
    let (api, _) = Api::with_base().await;
    let go = async |step: &str| {
        let path = format!("/subscriptions/shipping-orders/{step}");
        api.with_token("POST", &path).await
    };
    let state = async || {
        let read = api.get("/subscriptions/shipping-orders").await.json();
        read["spec"]["state"].as_str().unwrap().to_owned()
    };
    for (step, after) in [
        ("suspend", "suspended"),
        ("suspend", "suspended"),
        ("resume", "active"),
        ("revoke", "revoked"),
        ("revoke", "revoked"),
    ] {
        assert_eq!(go(step).await.status, 200);
        assert_eq!(state().await, after);
    }
    go("resume").await.problem(409, "wrong_state");
    go("suspend").await.problem(409, "wrong_state");
    assert!(api.catalog.snapshot().grant("shipping", "orders").is_none());
}

#[tokio::test]
async fn what_others_need_is_not_deleted() {
    let (api, _) = Api::with_base().await;
    let refused = api.with_token("DELETE", "/plans/orders-gold").await;
    let problem = refused.problem(409, "still_referenced");
    assert_eq!(problem["errors"][0]["kind"], "Subscription");
    assert_eq!(problem["errors"][0]["name"], "shipping-orders");
    assert_eq!(api.get("/plans/orders-gold").await.status, 200);
    for path in ["/subscriptions/shipping-orders", "/plans/orders-gold"] {
        let answer = api.with_token("DELETE", path).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.json()["resources"][0]["action"], "deleted");
        api.get(path).await.problem(404, "not_found");
    }
    api.with_token("DELETE", "/plans/orders-gold").await.problem(404, "not_found");
}

#[tokio::test]
async fn resources_are_read_as_they_were_applied() {
    let (api, _) = Api::with_base().await;
    let read = api.get("/endpoints/orders").await.json();
    assert_eq!(read["apiVersion"], "sluicegate/v1");
    assert_eq!(read["kind"], "Endpoint");
    assert_eq!(read["metadata"]["labels"]["team"], "shop");
    assert_eq!(read["spec"]["address"], "shop.orders");
    // What is read can be applied again.
    let again = api.post("/apply", "application/json", &read.to_string()).await;
    assert_eq!(again.json()["resources"][0]["action"], "unchanged");
    let cluster = api.get("/clusters/main").await.json();
    let again = api.post("/apply", "application/json", &cluster.to_string()).await;
    assert_eq!(again.json()["resources"][0]["action"], "unchanged");
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_cut() {
    let (api, _) = Api::with_base().await;
    let plan = |name: &str, events: u32| {
        format!(
            "---\napiVersion: sluicegate/v1\nkind: Plan\nmetadata: {{name: {name}}}\nspec: \
             {{endpoint: orders, limits: {{eventsPerSecond: {events}}}}}\n"
        )
    };
    api.apply(&[plan("x", 9), plan("y", 10), plan("z", 900)].concat()).await;
    let names = async |query: &str| {
        let page = api.get(&format!("/plans?{query}")).await.json();
        let names = page["items"].as_array().unwrap().iter();
        let names: Vec<_> =
            names.map(|item| item["metadata"]["name"].as_str().unwrap().to_owned()).collect();
        (names.join(" "), page["total"].as_u64().unwrap(), page["next"].clone())
    };
    let (found, total, _) = names("sort=-limits.eventsPerSecond").await;
    assert_eq!((found.as_str(), total), ("z orders-gold y x", 4));
    let (found, total, _) = names("filter=limits.eventsPerSecond!=100&sort=-name").await;
    assert_eq!((found.as_str(), total), ("z y x", 3));
    let (found, _, next) = names("filter=name!=orders-gold&sort=-name&limit=2").await;
    assert_eq!((found.as_str(), next.as_str()), ("z y", Some("y")));
    let (found, _, next) = names("filter=name!=orders-gold&sort=-name&limit=2&cursor=y").await;
    assert_eq!((found.as_str(), next.as_str()), ("x", None));
    let page = api.get("/plans?fields=endpoint&limit=1").await.json();
    assert_eq!(page["items"][0]["spec"], serde_json::json!({ "endpoint": "orders" }));
    for wrong in ["filter=x", "sort=-", "filter=a%20b=c"] {
        api.get(&format!("/plans?{wrong}")).await.problem(400, "bad_request");
    }
}

#[tokio::test]
async fn lists_come_in_pages() {
    let api = Api::start().await;
    let document = |n: usize| {
        format!(
            "---\napiVersion: sluicegate/v1\nkind: Application\nmetadata: {{name: a{n}}}\nspec: \
             {{}}\n"
        )
    };
    api.apply(&(0..5).map(document).collect::<String>()).await;
    let first = api.get("/applications?limit=3").await.json();
    assert_eq!(first["items"].as_array().unwrap().len(), 3);
    assert_eq!(first["next"], "a2");
    let last = api.get("/applications?limit=3&cursor=a2").await.json();
    assert_eq!(last["items"].as_array().unwrap().len(), 2);
    assert!(last.get("next").is_none());
    for wrong in ["limit=0", "limit=1001", "limit=x", "cursor=%00", "pages=1"] {
        api.get(&format!("/applications?{wrong}")).await.problem(400, "bad_request");
    }
}

#[tokio::test]
async fn what_there_is_not_is_answered_with_problem_documents() {
    let (api, _) = Api::with_base().await;
    let problem = api.get("/plan").await.problem(404, "not_found");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("did you mean `plans`?"), "{detail}");
    api.get("/plans/nothing").await.problem(404, "not_found");
    api.get("/plans/Wrong_Name").await.problem(400, "bad_request");
    api.get("/plans/%ff").await.problem(400, "bad_request");
    api.get("/a/b/c/d").await.problem(404, "not_found");
    api.with_token("PUT", "/plans").await.problem(405, "method_not_allowed");
    let many = format!("authorization: Bearer {TOKEN}\r\nx: {}\r\n", "y".repeat(40_000));
    let large = api.send("GET /api/v1/version", &many, "").await;
    large.problem(431, "headers_too_large");
}

#[tokio::test]
async fn the_openapi_document_is_served_and_is_the_one_of_this_repository() {
    let api = Api::start().await;
    let answer = api.send("GET /api/v1/openapi.json", "", "").await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("content-type: application/json"));
    assert_eq!(answer.body, portal::openapi().to_pretty_json().unwrap());
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/openapi.json");
    if std::env::var_os("SLUICEGATE_WRITE_GOLDEN").is_some() {
        std::fs::write(file, format!("{}\n", answer.body)).unwrap();
    }
    let golden = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        golden.trim_end() == answer.body,
        "the API is another than tests/openapi.json says; if that is meant, run this test with \
         SLUICEGATE_WRITE_GOLDEN=1 and read the difference"
    );
    // The types of the portal's pages are made from both files.
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/resources.schema.json");
    let schema = serde_json::to_string_pretty(&catalog::document::schema(None)).unwrap();
    if std::env::var_os("SLUICEGATE_WRITE_GOLDEN").is_some() {
        std::fs::write(file, format!("{schema}\n")).unwrap();
    }
    let golden = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        golden.trim_end() == schema,
        "the resources are others than tests/resources.schema.json"
    );
    for path in ["/api/v1/apply", "/api/v1/{kinds}/{name}", "/api/v1/openapi.json"] {
        assert!(answer.json()["paths"].get(path).is_some(), "{path}");
    }
}

#[test]
fn every_route_is_in_the_guide() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/rest.md");
    let guide = std::fs::read_to_string(path).unwrap();
    let api = serde_json::to_value(portal::openapi()).unwrap();
    for (path, methods) in api["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let row = format!("| `{} {path}` |", method.to_uppercase());
            assert!(guide.contains(&row), "docs/rest.md lacks {row}");
        }
    }
}

#[tokio::test]
async fn the_page_to_try_it_comes_whole_from_here() {
    let api = Api::start().await;
    let page = api.send("GET /api/v1/docs/", "", "").await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.head.contains("content-security-policy: default-src 'self'"));
    assert!(!page.body.contains("http://") && !page.body.contains("https://"), "{}", page.body);
    let script = api.send("GET /api/v1/docs/swagger-initializer.js", "", "").await;
    assert!(script.body.contains("/api/v1/openapi.json"), "{}", script.body);
    let moved = api.send("GET /api/v1/docs", "", "").await;
    assert_eq!(moved.status, 308);
    api.send("GET /api/v1/docs/../../etc/passwd", "", "").await.problem(404, "not_found");
}

#[tokio::test]
async fn the_catalog_is_told_in_other_languages_to_whoever_may_see_it() {
    let (api, _) = Api::with_base().await;
    let page = api.get("/endpoints/orders/markdown").await;
    assert!(page.head.contains("content-type: text/markdown"), "{}", page.head);
    assert!(page.body.contains("| Address | shop.orders |"), "{}", page.body);
    let contract = api.get("/endpoints/orders/odcs?format=json").await.json();
    assert_eq!(contract["apiVersion"], "v3.1.0");
    let contract = contract.to_string();
    let back = api.post("/import/odcs?cluster=main", "application/json", &contract).await.json();
    assert_eq!(back["documents"][0]["metadata"]["name"], "orders");
    assert!(api.get("/catalog/backstage").await.body.contains("kind: API"));
    assert_eq!(api.get("/catalog/xregistry").await.json()["endpointscount"], 1);
    // Everybody is told where the API is; of endpoints only whoever is signed in.
    for path in ["/.well-known/api-catalog", "/llms.txt"] {
        let anybody = api.send(&format!("GET {path}"), "", "").await;
        assert_eq!(anybody.status, 200, "{}", anybody.body);
        assert!(anybody.body.contains("/api/v1/openapi.json"), "{}", anybody.body);
        assert!(!anybody.body.contains("orders"), "{}", anybody.body);
        let token = format!("authorization: Bearer {}\r\n", support::TOKEN);
        let known = api.send(&format!("GET {path}"), &token, "").await;
        assert!(known.body.contains("/endpoints/orders"), "{}", known.body);
    }
}
