//! Rules tried on records before anybody gets them.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use serde_json::{Value, json};
use support::{Answer, Api};

async fn preview(api: &Api, asked: &Value) -> Answer {
    api.post("/preview", "application/json", &asked.to_string()).await
}

#[tokio::test]
async fn each_record_is_told_with_its_image_and_the_rules_that_made_it() {
    let api = Api::start().await;
    let asked = json!({
        "rules": [
            { "mask": { "path": "$.card", "keepLast": 4 } },
            { "keepWhen": { "path": "$.region", "equals": "EU" } },
            { "hash": { "key": true, "hashKey": "whatever" } },
        ],
        "records": [
            { "key": "c-1", "value": { "card": "4111222233334444", "region": "EU" } },
            { "value": { "card": "4111222233334444", "region": "US" } },
            { "text": "no json" },
        ],
        "schema": { "type": "object", "properties": { "card": { "type": "string" } } },
    });
    let answer = preview(&api, &asked).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let told = answer.json();
    let first = &told["records"][0];
    assert_eq!(first["outcome"], "changed");
    assert_eq!(first["value"], json!({ "card": "************4444", "region": "EU" }));
    assert_eq!(first["rules"], json!([0, 2]));
    assert_eq!(first["key"].as_str().unwrap().len(), 43);
    assert_eq!(told["records"][1], json!({ "outcome": "filtered", "rules": [1] }));
    assert_eq!(told["records"][2]["outcome"], "withheld");
    assert_eq!(told["records"][2]["reason"], "invalid_json");
    assert_ne!(told["schema"], asked["schema"]);
    // Another preview, another key: a guess finds out nothing.
    let again = preview(&api, &asked).await.json();
    assert_ne!(again["records"][0]["key"], first["key"]);
}

#[tokio::test]
async fn what_cannot_be_tried_is_refused_with_where_it_is() {
    let api = Api::start().await;
    let wrong = preview(&api, &json!({ "rules": [{ "mask": { "path": "$.a[?1]" } }] })).await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
    assert_eq!(wrong.json()["errors"][0]["path"], "rules[0]");
    let unknown = preview(&api, &json!({ "rules": [{ "paint": { "path": "$.a" } }] })).await;
    assert_eq!(unknown.status, 400, "{}", unknown.body);
    let records = vec![json!({ "value": 1 }); 21];
    let many = preview(&api, &json!({ "rules": [], "records": records })).await;
    assert_eq!(many.status, 400, "{}", many.body);
}
