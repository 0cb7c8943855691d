//! Traces arrive at a collector over OTLP: with the names of what happened, in the caller's trace,
//! and without a payload or a secret.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tests::documents::Documents;
use tests::gateway::{Gateway, Options};
use tests::http::{Connection, Socket, request};
use tests::scripted_broker::{Batch, ScriptedBroker};
use tests::{eventually, run};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const LIMIT: Duration = Duration::from_secs(30);
/// A caller's trace, as W3C spells it, and as OTLP has it.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const TRACE_BYTES: [u8; 16] = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes();

/// Takes everything that is sent to `/v1/traces`, one request after the other on a connection.
async fn collect(mut stream: TcpStream, got: Arc<Mutex<Vec<u8>>>) -> anyhow::Result<()> {
    let mut read = Vec::new();
    loop {
        let end = loop {
            if let Some(at) = read.windows(4).position(|part| part == b"\r\n\r\n") {
                break at + 4;
            }
            if stream.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        };
        let head = String::from_utf8_lossy(&read[..end]).to_lowercase();
        anyhow::ensure!(head.starts_with("post /v1/traces "), "{head}");
        anyhow::ensure!(head.contains("content-type: application/x-protobuf"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.unwrap_or("0").trim().parse()?;
        while read.len() < end + length {
            anyhow::ensure!(stream.read_buf(&mut read).await? > 0, "a body broke off");
        }
        got.lock().extend_from_slice(&read[end..end + length]);
        read.drain(..end + length);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await?;
    }
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_collector_gets_what_happened_and_no_secret() {
    run(90, async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let got = Arc::new(Mutex::new(Vec::new()));
        let collected = Arc::clone(&got);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(collect(stream, Arc::clone(&collected)));
            }
        });
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("orders", 1);
        broker.append("orders", 0, &Batch::of(&[r#"{"note":"canary-payload"}"#]));
        let toml = format!("[tracing.otlp]\nendpoint = \"{endpoint}\"\n");
        let gateway = Gateway::start_with(Options { toml, ..Options::default() }).await?;
        let documents = Documents::new()
            .cluster("main", &broker.address())
            .endpoint("main", "orders")
            .plan("open", "orders", &[])
            .subscriber("reader", "orders", "open");
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(LIMIT).await?;
        let secret = applied.secret("reader")?.secret.clone();
        let mut stream = gateway.events("orders").bearer(&secret).from("earliest").open().await?;
        stream.records(1, LIMIT).await?;
        let authorization = format!("Bearer {}", gateway.token());
        let parent = format!("00-{TRACE}-b7ad6b7169203331-01");
        let headers = [
            ("Authorization", authorization.as_str()),
            ("traceparent", parent.as_str()),
            ("Connection", "close"),
        ];
        let asked = request("GET", "/api/v1/endpoints/orders", &headers, b"");
        let mut connection = Connection::new(Socket::connect(&gateway.address(), None).await?);
        connection.send(&asked).await?;
        assert_eq!(connection.answer().await?.status(), 200);
        let names = [
            "POST /api/v1/apply",
            "catalog.change",
            "session.open",
            "upstream.connect",
            "GET /api/v1/{kinds}/{name}",
        ];
        eventually(LIMIT, "all spans are there", || async {
            let bytes = got.lock().clone();
            let all = names.iter().all(|name| has(&bytes, name.as_bytes()));
            (all && has(&bytes, &TRACE_BYTES)).then_some(())
        })
        .await?;
        // What is left comes with the end.
        drop(stream);
        gateway.sigterm().await?;
        let bytes = got.lock().clone();
        for secret in [secret.as_str(), gateway.token(), "canary-payload"] {
            assert!(!has(&bytes, secret.as_bytes()), "a secret is in a trace");
        }
        assert!(!gateway.output().contains("rest.request"), "the log is as ever");
        Ok(())
    });
}
