//! Promise 1: two subscribers, two plans, one topic. Each sees exactly its own image; offsets,
//! timestamps, headers and order equal the topic's; for every codec, with tombstones, and with
//! open, committed and aborted transactions. What is expected is what an ordinary read_committed
//! consumer reads, redacted here by plain code over a JSON tree.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tests::canary::{Canary, search, search_files};
use tests::documents::Documents;
use tests::gateway::Gateway;
use tests::kafka::KafkaCluster;
use tests::produce::{Codec, Producer, Record, read_all};
use tests::run;
use tests::sse::Stream;

/// How long a subscriber may take over what is in the log.
const READ_LIMIT: Duration = Duration::from_secs(30);
/// How long nothing may come before it counts as nothing.
const SILENCE: Duration = Duration::from_millis(700);
/// The hash key of the tests: a canary too.
const HASH_KEY: &str = "canary-hash-key-2b8d0c5e4f";
/// What support may see.
const SUPPORT_RULES: &str = r#"[
  {mask: {path: "$.customer.email", keepFirst: 1, keepLast: 4}},
  {remove: {path: "$.customer.ssn"}},
  {hash: {path: "$.customer.id", hashKey: customer-key}}]"#;
/// What marketing in Europe may see.
const MARKETING_RULES: &str = r#"[
  {keepWhen: {path: "$.region", equals: "EU"}},
  {remove: {path: "$.customer.email"}},
  {replace: {path: "$.customer.ssn", value: "hidden"}},
  {mask: {path: "$.customer.name"}},
  {truncate: {path: "$.note", length: 6}}]"#;

#[test]
fn each_subscriber_sees_exactly_its_own_image() {
    run(400, async {
        let kafka = KafkaCluster::shared().await?;
        let gateway = Gateway::start().await?;
        let ssn = Canary::new("ssn-");
        let key = format!("{{version: 1, secretFrom: {{value: {HASH_KEY}}}}}");
        let documents = Documents::new()
            .cluster("real", &kafka.bootstrap())
            .document("Key", "customer-key", &key)
            .policy("support-view", SUPPORT_RULES)
            .policy("marketing-view", MARKETING_RULES);
        gateway.apply(documents.yaml()).await?;
        for codec in Codec::ALL {
            one_codec(kafka, &gateway, codec, &ssn).await?;
        }
        // Neither personal data nor keys are in anything that the gateway wrote.
        let canaries = [ssn, Canary::of(HASH_KEY), Canary::of(gateway.token())];
        let leaks = search(&canaries, gateway.output().as_bytes(), "output");
        assert!(leaks.is_empty(), "{leaks:?}");
        let metrics = gateway.probe("/metrics").await?;
        assert!(search(&canaries, &metrics.body, "metrics").is_empty());
        let leaks = search_files(&canaries, gateway.folder())?;
        let allowed = |place: &str| place.ends_with("admin.token");
        let leaks: Vec<_> = leaks.iter().filter(|leak| !allowed(&leak.place)).collect();
        assert!(leaks.is_empty(), "{leaks:?}");
        Ok(())
    });
}

async fn one_codec(
    kafka: &KafkaCluster,
    gateway: &Gateway,
    codec: Codec,
    ssn: &Canary,
) -> anyhow::Result<()> {
    let (name, bootstrap) = (codec.name(), kafka.bootstrap());
    let topic = format!("orders-{name}");
    kafka.create_topic(&topic, 2).await?;
    let open = produce(&bootstrap, &topic, codec, &ssn.value)?;
    let (support, marketing) = (format!("support-{name}"), format!("marketing-{name}"));
    let documents = Documents::new()
        .endpoint("real", &topic)
        .plan(&format!("support-{name}-plan"), &topic, &["support-view"])
        .plan(&format!("marketing-{name}-plan"), &topic, &["marketing-view"])
        .subscriber(&support, &topic, &format!("support-{name}-plan"))
        .subscriber(&marketing, &topic, &format!("marketing-{name}-plan"));
    let applied = gateway.apply(documents.yaml()).await?;
    let stream = async |application: &str| -> anyhow::Result<Stream> {
        let secret = &applied.secret(application)?.secret;
        gateway.events(&topic).bearer(secret).from("earliest").open().await
    };
    let (mut to_support, mut to_marketing) = (stream(&support).await?, stream(&marketing).await?);
    // While the transaction is open, nothing of it and nothing after it is shown.
    let first = read_all(&bootstrap, &topic, 2, "read_committed")?;
    let seen = (
        expect(&mut to_support, &first, support_view).await?,
        expect(&mut to_marketing, &first, marketing_view).await?,
    );
    assert!(seen.0 > seen.1 && seen.1 > 0, "{seen:?}");
    open.commit()?;
    let all = read_all(&bootstrap, &topic, 2, "read_committed")?;
    let rest: Vec<Record> = all.into_iter().filter(|record| !first.contains(record)).collect();
    assert!(rest.len() >= 6, "{codec:?}: {}", rest.len());
    expect(&mut to_support, &rest, support_view).await?;
    expect(&mut to_marketing, &rest, marketing_view).await?;
    Ok(())
}

/// Reads what `view` leaves of `records` and nothing more; answers how many that were.
async fn expect(
    stream: &mut Stream,
    records: &[Record],
    view: fn(&mut Value) -> bool,
) -> anyhow::Result<usize> {
    let expected: Vec<Record> =
        records.iter().filter_map(|record| redacted(record, view)).collect();
    let seen = stream.records(expected.len(), READ_LIMIT).await?;
    let mut seen =
        seen.iter().map(tests::sse::Record::to_kafka).collect::<anyhow::Result<Vec<_>>>()?;
    // Partitions may be interleaved; within one the order is the topic's: the sort is stable.
    seen.sort_by_key(|record| record.partition);
    for (seen, expected) in seen.iter().zip(&expected) {
        assert_eq!(readable(seen), readable(expected));
    }
    stream.silent(SILENCE).await?;
    Ok(expected.len())
}

fn readable(record: &Record) -> String {
    let text = |bytes: &Option<Vec<u8>>| {
        bytes.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    };
    let Record { partition, offset, timestamp, headers, .. } = record;
    let (key, value) = (text(&record.key), text(&record.value));
    format!("{partition}:{offset} {timestamp} {key:?} {value:?} {headers:?}")
}

fn redacted(record: &Record, view: fn(&mut Value) -> bool) -> Option<Record> {
    let mut record = record.clone();
    if let Some(value) = &record.value {
        let mut tree: Value = serde_json::from_slice(value).expect("the tests write JSON");
        if !view(&mut tree) {
            return None;
        }
        record.value = Some(tree.to_string().into_bytes());
    }
    Some(record)
}

fn support_view(event: &mut Value) -> bool {
    let customer = event["customer"].as_object_mut().expect("a customer");
    let email = mask(customer["email"].as_str().expect("text"), 1, 4);
    customer.insert("email".to_owned(), json!(email));
    customer.shift_remove("ssn");
    let id = customer["id"].as_str().expect("text").to_owned();
    let mut mac = Hmac::<Sha256>::new_from_slice(HASH_KEY.as_bytes()).expect("any key will do");
    mac.update(id.as_bytes());
    let hash = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    customer.insert("id".to_owned(), json!(hash));
    true
}

fn marketing_view(event: &mut Value) -> bool {
    let note: String = event["note"].as_str().expect("text").chars().take(6).collect();
    event["note"] = json!(note);
    let customer = event["customer"].as_object_mut().expect("a customer");
    customer.shift_remove("email");
    customer.insert("ssn".to_owned(), json!("hidden"));
    let name = mask(customer["name"].as_str().expect("text"), 0, 0);
    customer.insert("name".to_owned(), json!(name));
    event["region"] == "EU"
}

fn mask(text: &str, first: usize, last: usize) -> String {
    let count = text.chars().count();
    let hidden = |at: usize| count <= first + last || (at >= first && at < count - last);
    text.chars().enumerate().map(|(at, c)| if hidden(at) { '*' } else { c }).collect()
}

/// Writes every kind of record; answers a producer with its transaction open.
fn produce(bootstrap: &str, topic: &str, codec: Codec, ssn: &str) -> anyhow::Result<Producer> {
    let transactional = |id: &str| {
        let id = format!("{topic}-{id}");
        Producer::transactional(bootstrap, codec, &id, Duration::from_secs(120))
    };
    let plain = Producer::new(bootstrap, codec)?;
    let (committed, aborted, open) =
        (transactional("committed")?, transactional("aborted")?, transactional("open")?);
    let events = |from: i64, count: i64| -> Vec<Record> {
        (from..from + count).map(|n| event(n, ssn)).collect()
    };
    plain.send(topic, &events(0, 40))?;
    plain.send(topic, &[Record::tombstone("order-3").header("why", Some(b"gone"))])?;
    committed.begin()?;
    committed.send(topic, &events(100, 6))?;
    aborted.begin()?;
    aborted.send(topic, &events(200, 6))?;
    plain.send(topic, &events(40, 10))?;
    committed.send(topic, &events(106, 6))?;
    aborted.send(topic, &[Record::tombstone("order-4"), event(210, ssn)])?;
    committed.commit()?;
    aborted.abort()?;
    plain.send(topic, &events(50, 10))?;
    open.begin()?;
    open.send(topic, &events(300, 6))?;
    plain.send(topic, &events(60, 6))?;
    Ok(open)
}

fn event(n: i64, ssn: &str) -> Record {
    let region = ["EU", "US", "APAC"][usize::try_from(n % 3).unwrap_or(0)];
    let value = json!({
        "order": n, "region": region,
        "customer": {
            "id": format!("c-{}", n % 7), "email": format!("user{n}@example.org"),
            "ssn": ssn, "name": "Zoë 日本 O'Hara \"Z\"", "vip": n % 2 == 0,
        },
        "items": [{"sku": "a-1", "quantity": n % 5}, {"sku": "b-2", "quantity": 1.5}],
        "note": "Ünïcode\n\ttab and 😀 smile", "empty": {}, "nothing": null,
    });
    Record::value(value.to_string())
        .key(format!("order-{n}"))
        .partition(i32::from(n % 2 == 1))
        .timestamp(1_767_323_045_000 + n * 1_001)
        .header("trace", Some(format!("t-{n}").as_bytes()))
        .header("trace", None)
        .header("raw", Some(b"\xff\x00"))
}
