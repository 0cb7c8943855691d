//! The audit arrives elsewhere: whole, in its order, again after whatever happened in between; and
//! nobody who changes the catalog waits for it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};
use serde_json::Value;
use tests::documents::Documents;
use tests::gateway::{Gateway, Options, binary};
use tests::kafka::{self, KafkaCluster, SASL_PASSWORD, SASL_USER};
use tests::scripted_broker::{Batch, ScriptedBroker};
use tests::{eventually, ports, run};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(30);

async fn server(toml: String) -> anyhow::Result<Gateway> {
    Gateway::launch(Options { toml, ..Options::default() }).await
}

/// Makes applications of these numbers, a record each.
async fn change(gateway: &Gateway, numbers: std::ops::Range<usize>) -> anyhow::Result<()> {
    for number in numbers {
        let name = format!("a{number}");
        gateway.apply(Documents::new().document("Application", &name, "{}").yaml()).await?;
    }
    Ok(())
}

/// The last record's number.
async fn last(gateway: &Gateway) -> anyhow::Result<u64> {
    let answer = gateway.rest("GET", "audit?limit=1", "application/json", b"").await?;
    let page: Value = serde_json::from_slice(&answer.body)?;
    page.pointer("/records/0/number").and_then(Value::as_u64).context("no record")
}

/// The records in a file, by their numbers.
fn records(path: &Path) -> Vec<u64> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter_map(|line| line.get("number").and_then(Value::as_u64)).collect()
}

async fn verbose(gateway: &Gateway) -> anyhow::Result<(u16, String)> {
    let answer = gateway.probe("/readyz?verbose").await?;
    Ok((answer.status(), answer.text()))
}

fn verify(gateway: &Gateway, file: &Path) -> anyhow::Result<String> {
    let output = Command::new(binary())
        .args(["audit", "verify", "--file"])
        .arg(file)
        .current_dir(gateway.folder())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    anyhow::ensure!(output.status.success(), "{said}");
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
fn a_file_gets_every_record_once_whatever_happens() {
    run(120, async {
        let folder = tempfile::tempdir()?;
        let (file, old) = (folder.path().join("audit.ndjson"), folder.path().join("audit.1"));
        let gateway = server(format!("[audit.file]\npath = \"{}\"\n", file.display())).await?;
        let arrives = async |path: &Path, until: u64| {
            let what = format!("record {until} is in {}", path.display());
            eventually(LIMIT, &what, || async { (records(path).last()? >= &until).then_some(()) })
                .await
        };
        change(&gateway, 0..5).await?;
        arrives(&file, last(&gateway).await?).await?;
        // As logrotate does it: moved away, and told.
        std::fs::rename(&file, &old)?;
        let pid = gateway.pid()?.to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status()?.success());
        change(&gateway, 5..10).await?;
        arrives(&file, last(&gateway).await?).await?;
        // Killed while there is more to send.
        for round in 1..=5 {
            change(&gateway, round * 10..round * 10 + 10).await?;
            gateway.restart().await?;
        }
        arrives(&file, last(&gateway).await?).await?;
        eventually(LIMIT, "it is said that the file is written", || async {
            let (status, text) = verbose(&gateway).await.ok()?;
            (status == 200 && text.contains("sink file: sent up to record")).then_some(())
        })
        .await?;
        let all: Vec<u64> = records(&old).into_iter().chain(records(&file)).collect();
        assert_eq!(all, (1..=last(&gateway).await?).collect::<Vec<_>>());
        let text = std::fs::read_to_string(&old)? + &std::fs::read_to_string(&file)?;
        let whole = folder.path().join("whole");
        std::fs::write(&whole, &text)?;
        let said = verify(&gateway, &whole)?;
        assert!(said.contains("are signed"), "{said}");
        std::fs::write(&whole, text.replacen("Application/a7", "Application/a8", 1))?;
        assert!(verify(&gateway, &whole).is_err(), "a changed record is found");
        Ok(())
    });
}

/// Reads a message whose octets are counted; the number of the record in it, if it is one.
async fn counted(stream: &mut TcpStream) -> anyhow::Result<Option<u64>> {
    let mut length = 0;
    loop {
        match stream.read_u8().await? {
            b' ' => break,
            digit if digit.is_ascii_digit() => length = length * 10 + usize::from(digit - b'0'),
            other => anyhow::bail!("{other} is not of a length"),
        }
    }
    let mut message = vec![0; length];
    stream.read_exact(&mut message).await?;
    let message = String::from_utf8(message)?;
    let line = message.split_once(" - ").context("no header")?.1;
    Ok(serde_json::from_str::<Value>(line)?.get("number").and_then(Value::as_u64))
}

/// Reads until a record came.
async fn until(stream: &mut TcpStream, wanted: u64) -> anyhow::Result<BTreeSet<u64>> {
    let mut came = BTreeSet::new();
    let reading = async {
        while !came.contains(&wanted) {
            came.extend(counted(stream).await?);
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(LIMIT, reading).await.with_context(|| format!("no record {wanted}"))??;
    Ok(came)
}

#[test]
fn a_syslog_server_that_goes_gets_the_rest_when_it_is_back() {
    run(120, async {
        let port = ports::free()?;
        let address = format!("127.0.0.1:{port}");
        let gateway = server(format!("[audit.syslog]\naddress = \"tcp://{address}\"\n")).await?;
        let listener = TcpListener::bind(&address).await?;
        change(&gateway, 0..5).await?;
        let (mut stream, _) = listener.accept().await?;
        let before = last(&gateway).await?;
        let mut came = until(&mut stream, before).await?;
        drop((stream, listener));
        // Changes are made as ever, and it is said that they are not sent.
        change(&gateway, 5..10).await?;
        eventually(LIMIT, "the failure is said", || async {
            let (status, text) = verbose(&gateway).await.ok()?;
            (status == 200 && text.contains("sink syslog fails since")).then_some(())
        })
        .await?;
        let metrics = gateway.metrics().await?;
        assert_eq!(metrics.sum("sluicegate_audit_sink_failing", &[("sink", "syslog")]), 1.0);
        assert!(gateway.readyz().await?.text().starts_with("ready"), "it is ready all the same");
        let listener = TcpListener::bind(&address).await?;
        let (mut stream, _) = listener.accept().await?;
        let wanted = last(&gateway).await?;
        came.extend(until(&mut stream, wanted).await?);
        assert_eq!(came, (1..=wanted).collect::<BTreeSet<_>>());
        Ok(())
    });
}

/// Reads a topic until the CloudEvents of all ids up to this one came; each event with its key.
fn consume(kafka: &KafkaCluster, topic: &str, wanted: u64) -> anyhow::Result<Vec<(String, Value)>> {
    let mut missing: BTreeSet<String> = (1..=wanted).map(|id| id.to_string()).collect();
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", kafka.bootstrap())
        .set("group.id", format!("{topic}-{wanted}"))
        .set("auto.offset.reset", "earliest")
        .create()?;
    consumer.subscribe(&[topic])?;
    let (began, mut events) = (std::time::Instant::now(), Vec::new());
    loop {
        anyhow::ensure!(began.elapsed() < LIMIT, "{missing:?} are not among {}", events.len());
        let Some(message) = consumer.poll(Duration::from_millis(100)) else { continue };
        let message = message?;
        let headers = message.headers().context("no headers")?;
        let kind = headers.iter().find(|header| header.key == "content-type");
        let kind = kind.and_then(|header| header.value).context("no content-type")?;
        anyhow::ensure!(kind.starts_with(b"application/cloudevents+json"));
        let key = String::from_utf8(message.key().context("no key")?.to_vec())?;
        let event: Value = serde_json::from_slice(message.payload().context("no event")?)?;
        event.get("id").and_then(Value::as_str).map(|id| missing.remove(id));
        events.push((key, event));
        if missing.is_empty() {
            return Ok(events);
        }
    }
}

#[test]
fn a_kafka_topic_gets_every_record_as_a_cloud_event() {
    run(180, async {
        let options = kafka::Options { sasl_ssl: true, ..kafka::Options::single() };
        let kafka = KafkaCluster::with(options).await?;
        kafka.create_topic("audit", 3).await?;
        let folder = tempfile::tempdir()?;
        let (ca, password) = (folder.path().join("ca.pem"), folder.path().join("password"));
        std::fs::write(&ca, kafka.ca())?;
        std::fs::write(&password, SASL_PASSWORD)?;
        let servers = serde_json::to_string(&kafka.bootstrap_sasl_ssl())?;
        let toml = format!(
            "[audit.kafka]\nbootstrap_servers = {servers}\ntopic = \"audit\"\n\
             [audit.kafka.tls]\nca = {ca:?}\n\
             [audit.kafka.sasl]\nmechanism = \"SCRAM-SHA-512\"\nusername = \"{SASL_USER}\"\n\
             password_file = {password:?}\n"
        );
        let gateway = server(toml).await?;
        change(&gateway, 0..150).await?;
        gateway.restart().await?;
        change(&gateway, 150..160).await?;
        // One that is larger than a topic takes by default.
        let large = format!("{{cluster: none, topic: t, documentation: {}}}", "x".repeat(60_000));
        let samples = Documents::new()
            .cluster("none", "127.0.0.1:1")
            .document("Endpoint", "large", &large)
            .document("Application", "final", "{}");
        gateway.apply(samples.yaml()).await?;
        let wanted = last(&gateway).await?;
        let events = tokio::task::block_in_place(|| consume(&kafka, "audit", wanted))?;
        for (key, event) in &events {
            assert_eq!(Some(key.as_str()), event["subject"].as_str());
            assert_eq!(event["specversion"], "1.0");
        }
        // A login that is refused is said, without the password.
        std::fs::write(&password, "canary-wrong-password")?;
        gateway.restart().await?;
        change(&gateway, 160..161).await?;
        eventually(LIMIT, "the failure is said", || async {
            let (_, text) = verbose(&gateway).await.ok()?;
            (text.contains("sink kafka fails since") && text.contains("SCRAM")).then_some(())
        })
        .await?;
        assert!(!gateway.output().contains("canary-"), "a password is in the log");
        Ok(())
    });
}

#[test]
fn who_used_which_endpoint_and_who_was_refused_is_in_the_audit() {
    run(60, async {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("orders", 1);
        broker.append("orders", 0, &Batch::of(&[r#"{"secret":"canary-payload"}"#, "{}"]));
        let gateway = Gateway::start().await?;
        let documents = Documents::new()
            .cluster("main", &broker.address())
            .endpoint("main", "orders")
            .plan("open", "orders", &[])
            .subscriber("reader", "orders", "open");
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(LIMIT).await?;
        let secret = applied.secret("reader")?;
        let text = secret.secret.as_str();
        let mut stream = gateway.events("orders").bearer(text).from("earliest").open().await?;
        stream.records(2, LIMIT).await?;
        let refused = gateway.events("other").bearer(text).refused().await?;
        assert_eq!(refused.status(), 404);
        let nobody = gateway.events("orders").bearer("slg_nobody_xyz").refused().await?;
        assert_eq!(nobody.status(), 401);
        let found = async |verb: &str, member: &str, wanted: &str| {
            let query = format!("audit?type=io.sluicegate.access.{verb}.v1");
            eventually(LIMIT, &query, || async {
                let answer = gateway.rest("GET", &query, "application/json", b"").await.ok()?;
                let page: Value = serde_json::from_slice(&answer.body).ok()?;
                let records = page.get("records")?.as_array()?;
                let is = |event: &&Value| event["data"][member] == wanted;
                let events = records.iter().filter_map(|record| record.get("event"));
                events.clone().find(is).cloned()
            })
            .await
        };
        let opened = found("opened", "credential", &secret.credential).await?;
        assert_eq!(opened["subject"], "Subscription/reader-orders");
        assert_eq!(opened["data"]["actor"]["name"], "reader");
        assert_eq!(opened["data"]["actor"]["address"], "127.0.0.1");
        drop(stream);
        let closed = found("closed", "credential", &secret.credential).await?;
        assert_eq!(closed["data"]["events"], 2);
        assert_eq!(closed["data"]["session"], opened["data"]["session"]);
        let refused = found("refused", "code", "endpoint_not_found").await?;
        assert_eq!(refused["subject"], format!("Credential/{}", secret.credential));
        assert_eq!(refused["data"]["addresses"], serde_json::json!(["other"]));
        let unknown = found("refused", "code", "credential_refused").await;
        let exported = gateway.rest("GET", "audit/export", "application/json", b"").await?.text();
        unknown.with_context(|| exported.clone())?;
        assert!(!exported.contains("canary-payload") && !exported.contains(text));
        // A stream that is open when the server is asked to stop is closed in the audit.
        let mut stream = gateway.events("orders").bearer(text).from("earliest").open().await?;
        stream.records(2, LIMIT).await?;
        gateway.sigterm().await?;
        gateway.run().await?;
        let answer = gateway.rest("GET", "audit/export", "application/json", b"").await?;
        assert_eq!(answer.text().matches("io.sluicegate.access.closed.v1").count(), 2);
        let metrics = gateway.metrics().await?;
        assert!(metrics.has("sluicegate_audit_access_records_total", &[]));
        assert!(metrics.has("sluicegate_api_refusals_total", &[("status", "429")]));
        Ok(())
    });
}
