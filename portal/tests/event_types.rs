//! Types of events: the audit's for everybody, endpoints' for those who see them.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use support::Api;

#[tokio::test]
async fn types_are_told_to_those_who_may_see_what_they_are_about() {
    let (api, _) = Api::with_base().await;
    let types = api.get("/audit/types").await.json();
    let types = types["types"].as_array().unwrap();
    assert!(types.iter().any(|of| of["type"] == "io.sluicegate.access.closed.v1"));
    assert_eq!(api.send("GET /api/v1/audit/types", "", "").await.status, 401);
    let hidden = "apiVersion: sluicegate/v1\nkind: Endpoint\nmetadata: {name: hidden}\nspec: \
                  {cluster: main, topic: hidden, visibleTo: [others]}\n---\napiVersion: \
                  sluicegate/v1\nkind: User\nmetadata: {name: dora}\nspec: {roles: [developer]}\n\
                  ---\napiVersion: sluicegate/v1\nkind: Token\nmetadata: {name: doras}\nspec: \
                  {user: dora, scopes: [read]}\n";
    let applied = api.apply(hidden).await.json();
    let all = api.get("/cloudevents/types").await.json();
    let names = |answer: &serde_json::Value| -> Vec<String> {
        let types = answer["types"].as_array().unwrap();
        types.iter().map(|of| of["type"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&all), ["hidden.v1", "shop.orders.v1"]);
    let secret =
        applied["secrets"].as_array().unwrap().iter().find_map(|one| one["secret"].as_str());
    let secret = format!("authorization: Bearer {}\r\n", secret.unwrap());
    let seen = api.send("GET /api/v1/cloudevents/types", &secret, "").await;
    assert_eq!(seen.status, 200, "{}", seen.body);
    assert_eq!(names(&seen.json()), ["shop.orders.v1"]);
}
