//! Promise 9, what comes from clients: hostile requests. Each gets a precise answer or a clean
//! close, the same down the stream writer and down hyper; the process lives, and no secret is in
//! anything that it wrote.

use std::time::Duration;

use tests::canary::{Canary, search};
use tests::documents::Documents;
use tests::gateway::Gateway;
use tests::http::{Connection, Socket};
use tests::scripted_broker::{Batch, ScriptedBroker};
use tests::{eventually, run};

/// How long an answer or a close may take; a slow head is given up after 10 s.
const LIMIT: Duration = Duration::from_secs(20);
/// Reconnects in a row.
const RECONNECTS: usize = 1_000;
/// The events of the one endpoint.
const PATH: &str = "/v1/endpoints/orders/events";
/// Closed without an answer, in place of a status.
const CLOSED: u16 = 0;

/// A status (or [`CLOSED`]) and the problem document, if there is one.
type Said = (u16, serde_json::Value);

async fn said(address: &str, bytes: &[u8]) -> anyhow::Result<Said> {
    let answer = async {
        let mut connection = Connection::new(Socket::connect(address, None).await?);
        // A server that refuses early may close before all is sent.
        let _ = connection.send(bytes).await;
        let Ok(head) = connection.head().await else {
            return Ok((CLOSED, serde_json::Value::Null));
        };
        let mut body = Vec::new();
        // A stream has no end; a refusal has one, or the connection breaks.
        if head.status != 200 {
            while let Ok(Some(more)) = connection.body().await {
                body.extend_from_slice(&more);
            }
        }
        let problem = serde_json::from_slice(&body).unwrap_or_default();
        anyhow::Ok((head.status, problem))
    };
    tests::expect::within(LIMIT, "an answer or a close", answer).await?
}

async fn scene() -> anyhow::Result<(ScriptedBroker, Gateway, String)> {
    let broker = ScriptedBroker::start().await?;
    broker.create_topic("orders", 1);
    broker.append("orders", 0, &Batch::of(&["{}"]));
    let gateway = Gateway::start().await?;
    let documents = Documents::new()
        .cluster("main", &broker.address())
        .endpoint("main", "orders")
        .plan("all", "orders", &[])
        .subscriber("reader", "orders", "all");
    let applied = gateway.apply(documents.yaml()).await?;
    gateway.ready(LIMIT).await?;
    let secret = applied.secret("reader")?.secret.clone();
    Ok((broker, gateway, secret))
}

#[test]
fn both_ways_in_give_the_same_answer() {
    run(120, async {
        let (_broker, gateway, secret) = scene().await?;
        let auth = format!("Authorization: Bearer {secret}\r\n");
        let leaked = Canary::new("slg_canary_");
        let query = |text: &str| format!("{PATH}?{text}");
        let id = |text: &str| format!("{auth}Last-Event-ID: {text}\r\n");
        let path = |text: &str| format!("/v1/endpoints/{text}/events");
        let cases: Vec<(String, String, &[u16])> = vec![
            (PATH.to_owned(), auth.clone(), &[200]),
            (PATH.to_owned(), String::new(), &[401]),
            (PATH.to_owned(), "Authorization: Bearer slg_a_b\r\n".to_owned(), &[401]),
            (PATH.to_owned(), "Authorization: \x7f\r\n".to_owned(), &[400, 401]),
            (PATH.to_owned(), format!("{auth}{auth}"), &[401]),
            (path("%2e%2e"), auth.clone(), &[400]),
            (path("."), auth.clone(), &[400]),
            (path("orders;v=1"), auth.clone(), &[400]),
            (path("%252e%252e"), auth.clone(), &[400]),
            (path("orders%2fevents"), auth.clone(), &[400]),
            (path("orders%5c"), auth.clone(), &[400]),
            (path("orders%00"), auth.clone(), &[400]),
            (path("orders%0d%0aX"), auth.clone(), &[400]),
            (path("%ff"), auth.clone(), &[400]),
            (path("%zz"), auth.clone(), &[400]),
            (path("ORDERS"), auth.clone(), &[404]),
            (query(&format!("token={}", leaked.value)), auth.clone(), &[400]),
            (query(&format!("from={}", leaked.value)), auth.clone(), &[400]),
            (query(&format!("%74oken={}", leaked.value)), String::new(), &[400]),
            (query("from=earliest&from=latest"), auth.clone(), &[400]),
            (query("form=earliest"), auth.clone(), &[400]),
            (query("from=-1"), auth.clone(), &[400]),
            (query("from=%0d%0aid:x"), auth.clone(), &[400]),
            (PATH.to_owned(), id("-1"), &[400]),
            (PATH.to_owned(), id("99999999999999999999999"), &[410]),
            (PATH.to_owned(), id(&"A".repeat(20_000)), &[410]),
            (PATH.to_owned(), format!("{}Last-Event-ID: y\r\n", id("x")), &[400]),
            (PATH.to_owned(), format!("{auth}Accept: application/json\r\n"), &[406]),
            (PATH.to_owned(), format!("{auth}X-Forwarded-For: 1.2.3.4\r\n"), &[200]),
        ];
        // The client is made with TLS, also when none is spoken.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = reqwest::Client::builder().http2_prior_knowledge().build()?;
        for (target, headers, expected) in cases {
            let mut answers = Vec::new();
            for way in ["", "TE: trailers\r\n"] {
                let head = format!("GET {target} HTTP/1.1\r\nHost: x\r\n{headers}{way}\r\n");
                answers.push(said(&gateway.address(), head.as_bytes()).await?);
            }
            // The HTTP/2 client resolves dot segments itself before it sends.
            let is_sent = !target.contains("/%2e") && !target.contains("/./");
            answers.push(match is_sent {
                true => over_http2(&client, &gateway.address(), &target, &headers).await?,
                false => answers[0].clone(),
            });
            let name = format!("{target} {:.60}", headers.replace(&secret, "…"));
            assert!(expected.contains(&answers[0].0), "{name}: {:?}", answers[0]);
            assert_eq!(answers[0], answers[1], "{name}");
            assert_eq!(answers[0], answers[2], "{name} over HTTP/2");
        }
        let canaries = [leaked, Canary::of(&secret)];
        assert!(search(&canaries, gateway.output().as_bytes(), "output").is_empty());
        Ok(())
    });
}

/// The same request over HTTP/2 with prior knowledge.
async fn over_http2(
    client: &reqwest::Client,
    address: &str,
    target: &str,
    headers: &str,
) -> anyhow::Result<Said> {
    let mut request = client.get(format!("http://{address}{target}"));
    for line in headers.lines() {
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        let Ok(value) = reqwest::header::HeaderValue::from_bytes(value.as_bytes()) else {
            // No client of HTTP/2 sends this: the answer that HTTP/1.1 gives is 400 by hyper.
            return Ok((400, serde_json::Value::Null));
        };
        request = request.header(name, value);
    }
    let answer = tests::expect::within(LIMIT, "an answer over HTTP/2", request.send()).await??;
    let status = answer.status().as_u16();
    if status == 200 {
        return Ok((status, serde_json::Value::Null));
    }
    Ok((status, serde_json::from_slice(&answer.bytes().await?).unwrap_or_default()))
}

#[test]
fn hostile_requests_get_an_answer_or_a_close() {
    run(200, async {
        let (_broker, gateway, secret) = scene().await?;
        let auth = format!("Authorization: Bearer {secret}\r\n");
        let get = |line: &str, headers: &str| format!("GET {line}\r\n{headers}\r\n").into_bytes();
        let one = format!("{PATH} HTTP/1.1");
        let host = format!("Host: x\r\n{auth}");
        let many: String = (0..10_000).map(|n| format!("X-{n}: y\r\n")).collect();
        let chunked = "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
        let cases: Vec<(&str, Vec<u8>, &[u16])> = vec![
            ("CL+TE", get(&one, &format!("{host}{chunked}")), &[400, CLOSED]),
            (
                "CL twice",
                get(&one, &format!("{host}Content-Length: 0\r\nContent-Length: 5\r\n")),
                &[400],
            ),
            ("TE unknown", get(&one, &format!("{host}Transfer-Encoding: xchunked\r\n")), &[400]),
            ("obs-fold", get(&one, &format!("{host}X-A: b\r\n c\r\n")), &[400]),
            ("space before colon", get(&one, &format!("{host}X-A : b\r\n")), &[400]),
            ("NUL", get(&one, &format!("{host}X-A: \0\r\n")), &[400]),
            ("bare CR", get(&one, &format!("{host}X-A: b\rc: d\r\n")), &[400]),
            (
                "1 MB header",
                get(&one, &format!("{host}X-A: {}\r\n", "y".repeat(1 << 20))),
                &[431, CLOSED],
            ),
            (
                "1 MB id",
                get(&one, &format!("{host}Last-Event-ID: {}\r\n", "y".repeat(1 << 20))),
                &[431, CLOSED],
            ),
            ("10,000 headers", get(&one, &format!("{host}{many}")), &[431, CLOSED]),
            (
                "absolute URI elsewhere",
                get(&format!("http://other{PATH} HTTP/1.1"), &host),
                &[200, 400],
            ),
            ("HTTP/9", get(&format!("{PATH} HTTP/9.9"), &host), &[400, 505, CLOSED]),
            ("no version", get(PATH, &host), &[400, CLOSED]),
            ("no Host", get(&one, &auth), &[400]),
            ("Host twice", get(&one, &format!("{host}Host: y\r\n")), &[400]),
            (
                "bare LF",
                get(&one, &host).into_iter().filter(|b| *b != b'\r').collect(),
                &[200, 400],
            ),
            ("noise", vec![0xff; 100], &[400, CLOSED]),
            ("slow head", format!("GET {one}\r\nHost:").into_bytes(), &[408, CLOSED]),
        ];
        let mut failures = Vec::new();
        for (name, bytes, expected) in cases {
            match said(&gateway.address(), &bytes).await {
                Ok((status, _)) if expected.contains(&status) => {}
                other => failures.push(format!("{name}: {other:?}")),
            }
            assert!(gateway.is_running(), "{name}");
        }
        assert!(failures.is_empty(), "{}", failures.join("\n"));
        let canaries = [Canary::of(&secret)];
        assert!(search(&canaries, gateway.output().as_bytes(), "output").is_empty());
        Ok(())
    });
}

#[test]
fn a_thousand_quick_reconnects_leave_nothing_behind() {
    run(120, async {
        let (_broker, gateway, secret) = scene().await?;
        let request = gateway.events("orders").bearer(&secret).from("earliest");
        let files = gateway.open_files()?;
        for _ in 0..RECONNECTS {
            drop(request.open().await?);
        }
        eventually(LIMIT, "every stream is gone", || async {
            let open = gateway.metrics().await.ok()?.sum("sluicegate_streams_open", &[]);
            (open == 0.0 && gateway.open_files().ok()? <= files + 8).then_some(())
        })
        .await
    });
}
