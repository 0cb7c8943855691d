//! The pages: what is answered where, and what they may load.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use support::Api;

const PAGE: &str = "accept: text/html,*/*\r\n";

/// The nonce of the policy in a head.
fn nonce(head: &str) -> &str {
    head.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap()
}

#[tokio::test]
async fn deep_links_are_the_page_and_what_is_others_is_not() {
    let api = Api::start().await;
    for path in ["/", "/endpoints", "/endpoints/orders?tab=schema", "/nowhere"] {
        let answer = api.send(&format!("GET {path}"), PAGE, "").await;
        let told = answer.body.contains("<title>Sluicegate</title>");
        // 404: it was built without Node, and the page says so.
        assert!(told && matches!(answer.status, 200 | 404), "{path}: {}", answer.head);
        assert!(answer.head.contains("cache-control: no-store"), "{}", answer.head);
    }
    for path in ["/api/v1/nothing", "/api", "/v1/endpoints/x", "/.well-known/x", "/assets/x.js"] {
        let answer = api.send(&format!("GET {path}"), PAGE, "").await;
        // Whoever is not signed in is not told what routes there are.
        assert!(matches!(answer.status, 401 | 404), "{path}: {}", answer.head);
        assert!(answer.head.contains("application/problem+json"), "{path}: {}", answer.head);
    }
    // Programs get no page.
    assert_eq!(api.send("GET /nowhere", "accept: application/json\r\n", "").await.status, 404);
    assert_eq!(api.send("POST /nowhere", PAGE, "").await.status, 404);
}

#[tokio::test]
async fn scripts_come_from_here_only_and_styles_need_the_nonce_of_the_visit() {
    let api = Api::start().await;
    let one = api.send("GET /", PAGE, "").await;
    let two = api.send("GET /", PAGE, "").await;
    assert!(one.head.contains("script-src 'self';"), "{}", one.head);
    assert!(one.head.contains("frame-ancestors 'none'"), "{}", one.head);
    assert!(one.head.contains("x-content-type-options: nosniff"), "{}", one.head);
    assert!(nonce(&one.head).len() >= 22);
    assert_ne!(nonce(&one.head), nonce(&two.head));
    assert!(!one.body.contains("__NONCE__") && !one.body.contains("__SESSION__"));
}
