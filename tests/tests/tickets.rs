//! Tickets: what a web page reads with. From minting to the end: the right page, its own stream
//! only, one connection, revoked within a second; and no secret and no ticket in any log.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::documents::Documents;
use tests::gateway::Gateway;
use tests::http::Answer;
use tests::run;
use tests::scripted_broker::{Batch, ScriptedBroker};
use tests::sse::Request;

const PAGE: &str = "https://app.example";
const LIMIT: Duration = Duration::from_secs(30);
/// How long a revocation may take.
const EFFECTIVE_LIMIT: Duration = Duration::from_secs(1);

struct Scene {
    broker: ScriptedBroker,
    gateway: Gateway,
    secret: String,
}

impl Scene {
    async fn new() -> anyhow::Result<Scene> {
        let broker = ScriptedBroker::start().await?;
        for topic in ["orders", "closed"] {
            broker.create_topic(topic, 1);
        }
        let gateway = Gateway::start().await?;
        let open = format!("{{cluster: main, topic: orders, allowedOrigins: [\"{PAGE}\"]}}");
        let documents = Documents::new()
            .cluster("main", &broker.address())
            .document("Endpoint", "orders", &open)
            .endpoint("main", "closed")
            .plan("gold", "orders", &[])
            .plan("silver", "closed", &[])
            .subscriber("shop", "orders", "gold")
            .document(
                "Subscription",
                "shop-closed",
                "{application: shop, endpoint: closed, plan: silver}",
            );
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(LIMIT).await?;
        let secret = applied.secret("shop")?.secret.clone();
        broker.append("orders", 0, &Batch::of(&["{\"n\":1}"]));
        Ok(Scene { broker, gateway, secret })
    }

    async fn mint(&self, body: Value) -> anyhow::Result<Answer> {
        let bearer = format!("Bearer {}", self.secret);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = body.to_string();
        self.gateway.send("POST", "/v1/tickets", &headers, body.as_bytes()).await
    }

    async fn ticket(&self) -> anyhow::Result<String> {
        let answer = self.mint(json!({"endpoints": ["orders"], "origin": PAGE})).await?;
        anyhow::ensure!(answer.status() == 201, "{answer:?}");
        let ticket = answer.json()?["ticket"].as_str().unwrap_or_default().to_owned();
        Ok(ticket)
    }

    fn page(&self, ticket: &str) -> Request {
        self.gateway.events("orders").query("ticket", ticket).header("origin", PAGE)
    }
}

fn code(answer: &Answer) -> anyhow::Result<(u16, String)> {
    let code = answer.json()?["code"].as_str().unwrap_or_default().to_owned();
    Ok((answer.status(), code))
}

#[test]
fn a_page_reads_with_its_ticket_and_nobody_else_does() {
    run(60, async {
        let scene = Scene::new().await?;
        let ticket = scene.ticket().await?;
        let mut stream = scene.page(&ticket).from("earliest").open().await?;
        let opened = stream.head().header("access-control-allow-origin");
        assert_eq!(opened, Some(PAGE));
        let records = stream.records(1, LIMIT).await?;
        assert_eq!(records[0].value_json()?["n"], 1);
        // Its own stream goes on where it was, from the id that the page was told.
        let id = stream.next_id(LIMIT).await?;
        drop(stream);
        scene.broker.append("orders", 0, &Batch::of(&["{\"n\":2}"]));
        let mut again = scene.page(&ticket).last_event_id(&id).open().await?;
        assert_eq!(again.records(1, LIMIT).await?[0].value_json()?["n"], 2);

        let events = || scene.gateway.events("orders");
        let elsewhere = events().query("ticket", &ticket).header("origin", "https://evil.example");
        assert_eq!(code(&elsewhere.refused().await?)?, (401, "ticket_refused".to_owned()));
        let nowhere = events().query("ticket", &ticket);
        assert_eq!(code(&nowhere.refused().await?)?, (401, "ticket_refused".to_owned()));
        let both = scene.page(&ticket).bearer(&scene.secret);
        assert_eq!(code(&both.refused().await?)?, (400, "invalid_parameter".to_owned()));
        let secret = events().query("ticket", &scene.secret);
        assert_eq!(code(&secret.refused().await?)?, (400, "secret_in_query".to_owned()));
        let other = scene.gateway.events("closed").query("ticket", &ticket).header("origin", PAGE);
        assert_eq!(code(&other.refused().await?)?, (404, "endpoint_not_found".to_owned()));
        let log = std::fs::read_to_string(scene.gateway.log_path())?;
        assert!(!log.contains(&ticket) && !log.contains(&scene.secret));
        Ok(())
    });
}

#[test]
fn a_newer_connection_takes_the_place_of_the_older() {
    run(60, async {
        let scene = Scene::new().await?;
        let ticket = scene.ticket().await?;
        let mut older = scene.page(&ticket).open().await?;
        let id = older.next_id(LIMIT).await?;
        let mut newer = scene.page(&ticket).open().await?;
        newer.next_id(LIMIT).await?;
        older.until_closed(LIMIT).await?;
        // The older page's browser connects again by itself: once, and then it stops.
        let refused = scene.page(&ticket).last_event_id(&id).refused().await?;
        assert_eq!(code(&refused)?, (401, "ticket_refused".to_owned()));
        scene.broker.append("orders", 0, &Batch::of(&["{\"n\":3}"]));
        assert_eq!(newer.records(1, LIMIT).await?[0].value_json()?["n"], 3);
        Ok(())
    });
}

#[test]
fn a_ticket_ends_with_its_credential_and_with_its_origin() {
    run(60, async {
        let scene = Scene::new().await?;
        let ticket = scene.ticket().await?;
        let mut stream = scene.page(&ticket).open().await?;
        stream.next_id(LIMIT).await?;
        let closed = "{cluster: main, topic: orders, allowedOrigins: []}";
        scene.gateway.apply(Documents::new().document("Endpoint", "orders", closed).yaml()).await?;
        stream.until_closed(EFFECTIVE_LIMIT).await?;
        let refused = scene.page(&ticket).refused().await?;
        assert_eq!(code(&refused)?, (403, "origin_not_allowed".to_owned()));
        let open = format!("{{cluster: main, topic: orders, allowedOrigins: [\"{PAGE}\"]}}");
        scene.gateway.apply(Documents::new().document("Endpoint", "orders", &open).yaml()).await?;
        let mut stream = scene.page(&ticket).open().await?;
        stream.next_id(LIMIT).await?;
        let revoked = Instant::now();
        scene.gateway.revoke("shop-1").await?;
        stream.until_closed(EFFECTIVE_LIMIT).await?;
        tests::say(&format!("a ticket's stream ended after {:?}", revoked.elapsed()));
        assert_eq!(scene.page(&ticket).refused().await?.status(), 401);
        Ok(())
    });
}

#[test]
fn all_tickets_of_a_credential_end_and_it_makes_new_ones() {
    run(60, async {
        let scene = Scene::new().await?;
        let mut stream = scene.page(&scene.ticket().await?).from("earliest").open().await?;
        stream.records(1, LIMIT).await?;
        let unused = scene.ticket().await?;
        let ended = Instant::now();
        let path = "credentials/shop-1/end-tickets";
        let answer = scene.gateway.rest("POST", path, "application/json", b"").await?;
        assert_eq!(answer.status(), 200, "{}", answer.text());
        stream.until_closed(EFFECTIVE_LIMIT).await?;
        assert!(ended.elapsed() < EFFECTIVE_LIMIT, "{:?}", ended.elapsed());
        let refused = scene.page(&unused).refused().await?;
        assert_eq!(code(&refused)?, (401, "credential_refused".into()));
        // A second later it makes tickets that hold; its own streams never noticed.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut again = scene.page(&scene.ticket().await?).from("earliest").open().await?;
        again.records(1, LIMIT).await?;
        scene.gateway.events("orders").bearer(&scene.secret).open().await?;
        Ok(())
    });
}

#[test]
fn minting_says_precisely_what_is_wrong() {
    run(60, async {
        let scene = Scene::new().await?;
        let cases = [
            (
                json!({"endpoints": ["orders"], "origin": "https://evil.example"}),
                403,
                "origin_not_allowed",
            ),
            (json!({"endpoints": ["closed"], "origin": PAGE}), 403, "origin_not_allowed"),
            (json!({"endpoints": ["nothing"], "origin": PAGE}), 404, "endpoint_not_found"),
            (json!({"endpoints": [], "origin": PAGE}), 400, "invalid_parameter"),
            (json!({"endpoints": ["orders"], "origin": "*"}), 400, "invalid_parameter"),
            (
                json!({"endpoints": ["orders"], "origin": PAGE, "lifetimeSeconds": 1}),
                400,
                "invalid_parameter",
            ),
            (
                json!({"endpoints": ["orders"], "origin": PAGE, "admin": true}),
                400,
                "malformed_request",
            ),
            (
                json!({"endpoints": ["orders"], "origin": PAGE, "x": "y".repeat(20_000)}),
                413,
                "content_too_large",
            ),
        ];
        for (body, status, expected) in cases {
            let answer = scene.mint(body.clone()).await?;
            assert_eq!(code(&answer)?, (status, expected.to_owned()), "{body}");
        }
        let body = br#"{"endpoints": ["orders"], "origin": "https://app.example"}"#;
        let json = ("content-type", "application/json");
        let nobody = scene.gateway.send("POST", "/v1/tickets", &[json], body).await?;
        assert_eq!(code(&nobody)?, (401, "unauthenticated".to_owned()));
        let bearer = format!("Bearer {}", scene.secret);
        let form = [("authorization", bearer.as_str()), ("content-type", "text/plain")];
        let form = scene.gateway.send("POST", "/v1/tickets", &form, body).await?;
        assert_eq!(code(&form)?, (415, "unsupported_media_type".to_owned()));
        Ok(())
    });
}

#[test]
fn browsers_are_told_which_pages_may_ask() {
    run(60, async {
        let scene = Scene::new().await?;
        let path = "/v1/endpoints/orders/events";
        let ask = [("origin", PAGE), ("access-control-request-method", "GET")];
        let told = scene.gateway.send("OPTIONS", path, &ask, b"").await?;
        assert_eq!(told.status(), 204);
        assert_eq!(told.head.header("access-control-allow-origin"), Some(PAGE));
        assert_eq!(told.head.header("access-control-allow-credentials"), None);
        let evil = [("origin", "https://evil.example"), ("access-control-request-method", "GET")];
        let told = scene.gateway.send("OPTIONS", path, &evil, b"").await?;
        assert_eq!((told.status(), told.head.header("access-control-allow-origin")), (204, None));
        // A page that may read also learns why it may not.
        let refused = scene.gateway.events("orders").header("origin", PAGE).refused().await?;
        assert_eq!(refused.status(), 401);
        assert_eq!(refused.head.header("access-control-allow-origin"), Some(PAGE));
        assert_eq!(refused.head.header("vary"), Some("Origin"));
        let bearer = format!("Bearer {}", scene.secret);
        let head = scene.gateway.send("HEAD", path, &[("authorization", &bearer)], b"").await?;
        assert_eq!(head.status(), 200);
        assert_eq!(head.head.header("content-type"), Some("text/event-stream"));
        assert!(head.body.is_empty());
        Ok(())
    });
}

#[test]
fn people_without_a_subscription_look_at_what_a_plan_shows_them() {
    run(60, async {
        let scene = Scene::new().await?;
        let plans = |preview: bool| {
            Documents::new()
                .policy("mask-n", "[{replace: {path: $.n, value: hidden}}]")
                .document(
                    "Plan",
                    "shown",
                    &format!("{{endpoint: orders, policies: [mask-n], preview: {preview}}}"),
                )
                .document("User", "dora", "{roles: [developer]}")
                .document("Token", "dora-1", "{user: dora, scopes: [read]}")
        };
        let shown = plans(true);
        let kind = "application/yaml";
        let applied = scene.gateway.rest("POST", "apply", kind, shown.yaml().as_bytes()).await?;
        let token = applied.json()?["secrets"][0]["secret"].clone();
        let bearer = format!("Bearer {}", token.as_str().expect("a new token"));
        let ask = async |plan: &str| {
            let headers =
                [("authorization", bearer.as_str()), ("content-type", "application/json")];
            let body = json!({ "origin": PAGE }).to_string();
            let target = format!("/api/v1/plans/{plan}/tickets");
            scene.gateway.send("POST", &target, &headers, body.as_bytes()).await
        };
        assert_eq!(code(&ask("gold").await?)?, (409, "wrong_state".into()), "it shows nothing");
        assert_eq!(code(&ask("silver").await?)?, (409, "wrong_state".into()));
        assert_eq!(ask("none").await?.status(), 404);
        let answer = ask("shown").await?;
        assert_eq!(answer.status(), 201, "{}", answer.text());
        let ticket = answer.json()?["ticket"].as_str().unwrap_or_default().to_owned();
        let mut stream = scene.page(&ticket).from("earliest").open().await?;
        let record = stream.records(1, LIMIT).await?.remove(0);
        assert_eq!(record.value_json()?, json!({ "n": "hidden" }), "as a subscriber sees it");
        let elsewhere = scene.gateway.events("closed").query("ticket", &ticket);
        let elsewhere = elsewhere.header("origin", PAGE).refused().await?;
        assert_eq!(elsewhere.status(), 404, "no other endpoint");
        // The plan shows nothing any more.
        let changed = Instant::now();
        let hidden = plans(false);
        scene.gateway.rest("POST", "apply", kind, hidden.yaml().as_bytes()).await?;
        let rest = stream.until_closed(EFFECTIVE_LIMIT).await?;
        assert!(changed.elapsed() < EFFECTIVE_LIMIT, "{:?}", changed.elapsed());
        assert!(rest.iter().all(|event| !event.is_record()), "{rest:?}");
        assert_eq!(code(&ask("shown").await?)?, (409, "wrong_state".into()));
        Ok(())
    });
}
