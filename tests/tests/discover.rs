//! Looking into a real cluster: topics as they are, drafts that can be applied, drift, precise
//! errors; records only for those who may, with a trace in the audit and no payload anywhere.

use std::process::{Command, Output};

use kafka_protocol::messages::{CreateAclsRequest, create_acls_request::AclCreation};
use kafka_protocol::protocol::StrBytes;
use serde_json::{Value, json};
use tests::gateway::{Gateway, Options, binary};
use tests::http::Answer;
use tests::kafka::{self, KafkaCluster, SASL_PASSWORD, SASL_USER, wire};
use tests::ports;
use tests::produce::{Codec, Producer, Record};
use tests::{documents::Documents, run};

/// Stands in every record, and must be in no log, audit or draft.
const CANARY: &str = "canary-payload-4d1f";
/// Kafka's numbers: topics, the literal pattern, and what is granted.
const RESOURCE_TOPIC: i8 = 2;
const PATTERN_LITERAL: i8 = 3;
const OPERATION_READ: i8 = 3;
const OPERATION_DESCRIBE: i8 = 8;
const PERMISSION_ALLOW: i8 = 3;

async fn get(gateway: &Gateway, path: &str) -> anyhow::Result<Answer> {
    gateway.rest("GET", path, "application/json", b"").await
}

async fn post(gateway: &Gateway, path: &str, body: &Value) -> anyhow::Result<Answer> {
    gateway.rest("POST", path, "application/json", body.to_string().as_bytes()).await
}

#[track_caller]
fn assert_problem(answer: &Answer, status: u16, code: &str, says: &str) {
    assert_eq!(answer.status(), status, "{}", answer.text());
    let problem = answer.json().expect("a problem document");
    assert_eq!(problem["code"], code, "{problem}");
    assert!(problem["detail"].as_str().unwrap_or_default().contains(says), "{problem}");
}

fn cli(gateway: &Gateway, arguments: &[&str]) -> anyhow::Result<Output> {
    Ok(Command::new(binary())
        .args(arguments)
        .env("SLUICEGATE_URL", format!("http://{}", gateway.address()))
        .env("SLUICEGATE_TOKEN", gateway.token())
        .output()?)
}

/// Topics of every kind.
async fn fill(kafka: &KafkaCluster) -> anyhow::Result<()> {
    kafka.create_topic("disco.orders", 3).await?;
    kafka.create_topic("disco.empty", 1).await?;
    kafka.create_topic("disco.avro", 1).await?;
    kafka.create_topic("_disco.hidden", 1).await?;
    let compacted = [("cleanup.policy", "compact"), ("retention.ms", "3600000")];
    kafka.create_topic_with("disco.compacted", 1, &compacted).await?;
    let producer = Producer::new(&kafka.bootstrap(), Codec::Zstd)?;
    let order = |n: i32| {
        let status = if n % 2 == 0 { "paid" } else { "sent" };
        let value = json!({
            "id": n, "at": "2027-01-31T10:00:00Z", "status": status, "total": 1.5,
            "customer": { "email": format!("{CANARY}-{n}@example.org"), "note": CANARY },
        });
        Record::value(value.to_string()).key(format!("k{n}")).partition(n % 3)
    };
    producer.send("disco.orders", &(0..60).map(order).collect::<Vec<_>>())?;
    let framed = [&[0, 0, 0, 0, 7][..], CANARY.as_bytes()].concat();
    producer.send("disco.avro", &[Record::value(framed)])?;
    let states = [Record::value(r#"{"n":1}"#).key("a"), Record::tombstone("a")];
    producer.send("disco.compacted", &states)
}

#[test]
fn a_cluster_is_looked_into_and_drafted() {
    run(240, async {
        let kafka = KafkaCluster::shared().await?;
        fill(kafka).await?;
        let gateway = Gateway::launch(Options::default()).await?;
        gateway.apply(Documents::new().cluster("main", &kafka.bootstrap()).yaml()).await?;
        // Topics.
        let topics = get(&gateway, "clusters/main/topics?filter=DISCO").await?;
        assert_eq!(topics.status(), 200, "{}", topics.text());
        let topics = topics.json()?;
        let items = topics["items"].as_array().expect("a list");
        let names: Vec<_> = items.iter().filter_map(|one| one["name"].as_str()).collect();
        assert_eq!(names, ["disco.avro", "disco.compacted", "disco.empty", "disco.orders"]);
        let orders = &items[3];
        assert_eq!((&orders["partitions"], &orders["records"]), (&json!(3), &json!(60)));
        assert!(orders["recordsPerSecond"].as_f64().is_some_and(|rate| rate > 0.0), "{orders}");
        assert_eq!(orders["spans"][2], json!({ "partition": 2, "earliest": 0, "latest": 20 }));
        assert_eq!(items[1]["settings"]["cleanupPolicy"], "compact");
        assert_eq!(items[1]["settings"]["retentionMs"], 3_600_000);
        assert_eq!(items[2]["records"], 0);
        let hidden =
            get(&gateway, "clusters/main/topics?filter=disco&internal=true&limit=2").await?;
        let hidden = hidden.json()?;
        assert_eq!((&hidden["total"], &hidden["next"]), (&json!(5), &json!("disco.avro")));
        assert_eq!(hidden["items"][0]["internal"], true);
        // Drafts.
        let asked = json!({ "records": 20, "reason": "to publish them", "owner": "shop" });
        let draft = post(&gateway, "clusters/main/topics/disco.orders/proposal", &asked).await?;
        assert_eq!(draft.status(), 200, "{}", draft.text());
        assert!(!draft.text().contains(CANARY), "{}", draft.text());
        let draft = draft.json()?;
        let schema = &draft["documents"][0]["spec"]["schema"]["definition"];
        assert_eq!(schema["properties"]["status"]["enum"], json!(["paid", "sent"]));
        assert_eq!(schema["properties"]["at"]["format"], "date-time");
        assert_eq!(schema["required"], json!(["at", "customer", "id", "status", "total"]));
        assert_eq!(draft["findings"][0]["path"], "$.customer.email");
        for (topic, format, note) in [
            ("disco.avro", "bytes", "with schema 7"),
            ("disco.empty", "json", "holds no value"),
            ("disco.compacted", "json", "a guess from 1 values"),
        ] {
            let path = format!("clusters/main/topics/{topic}/proposal");
            let draft = post(&gateway, &path, &asked).await?;
            assert_eq!(draft.json()?["documents"][0]["spec"]["format"], format);
            assert!(draft.text().contains(note), "{}", draft.text());
        }
        let gone = post(&gateway, "clusters/main/topics/disco.gone/proposal", &json!({})).await?;
        assert_problem(&gone, 404, "not_found", "has no topic `disco.gone`");
        // The command line's drafts can be applied as they are.
        let topic = ["discover", "main", "disco.orders", "--owner", "shop", "-o", "yaml"];
        let sampled = [&topic[..], &["--sample", "20", "--reason", "to publish it"]].concat();
        let yaml = cli(&gateway, &sampled)?;
        assert!(yaml.status.success(), "{}", String::from_utf8_lossy(&yaml.stderr));
        gateway.apply(&String::from_utf8(yaml.stdout)?).await?;
        let table = cli(&gateway, &["discover", "main", "--filter", "disco"])?;
        let table = String::from_utf8(table.stdout)?;
        assert!(table.lines().any(|line| line.ends_with("disco-orders")), "{table}");
        // Records, and what stays of it.
        let sample = "clusters/main/topics/disco.orders/sample";
        let asked = json!({ "records": 2, "reason": "to see one" });
        let records = post(&gateway, sample, &asked).await?;
        assert_eq!(records.status(), 200, "{}", records.text());
        let records = records.json()?;
        assert_eq!(records["records"].as_array().map(Vec::len), Some(2));
        assert_eq!(records["records"][0]["value"]["content"]["customer"]["note"], CANARY);
        let audit = get(&gateway, "audit?type=io.sluicegate.cluster.sampled.v1").await?;
        assert!(audit.text().contains("to see one"), "{}", audit.text());
        let all = get(&gateway, "audit/export").await?;
        assert!(!all.text().contains(CANARY), "{}", all.text());
        assert!(!gateway.output().contains(CANARY), "{}", gateway.output());
        // Drift: none, then another partition, then no topic.
        let none = cli(&gateway, &["discover", "main", "--drift"])?;
        assert_eq!(none.status.code(), Some(0), "{}", String::from_utf8_lossy(&none.stdout));
        kafka.grow_topic("disco.orders", 4).await?;
        let grown = cli(&gateway, &["discover", "main", "--drift"])?;
        assert_eq!(grown.status.code(), Some(1));
        let told = String::from_utf8_lossy(&grown.stdout).into_owned();
        assert!(told.contains("partitionsChanged") && told.contains("had 3"), "{told}");
        kafka.delete_topic("disco.orders").await?;
        let gone = get(&gateway, "clusters/main/drift").await?;
        assert_eq!(gone.json()?["drift"][0]["kind"], "topicGone", "{}", gone.text());
        Ok(())
    });
}

#[test]
fn what_a_cluster_does_not_allow_is_said_with_what_to_grant() {
    run(240, async {
        let authorizer = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";
        let properties = [("authorizer.class.name", authorizer), ("super.users", "User:ANONYMOUS")];
        let properties = properties.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let kafka = KafkaCluster::with(kafka::Options {
            sasl_ssl: true,
            properties: properties.into(),
            ..kafka::Options::single()
        });
        let kafka = kafka.await?;
        kafka.create_topic("orders", 1).await?;
        let producer = Producer::new(&kafka.bootstrap(), Codec::None)?;
        producer.send("orders", &[Record::value(r#"{"id":1}"#)])?;
        let cluster = |password: &str| {
            let servers = serde_json::to_string(&kafka.bootstrap_sasl_ssl()).unwrap_or_default();
            let ca = serde_json::to_string(kafka.ca()).unwrap_or_default();
            let spec = format!(
                "{{bootstrapServers: {servers}, security: {{tls: {{ca: {ca}}}, sasl: {{mechanism: \
                 SCRAM-SHA-512, username: {SASL_USER}, passwordFrom: {{value: {password}}}}}}}}}"
            );
            Documents::new().document("Cluster", "main", &spec)
        };
        let gateway = Gateway::launch(Options::default()).await?;
        gateway.apply(cluster(SASL_PASSWORD).yaml()).await?;
        let sample = "clusters/main/topics/orders/sample";
        let asked = json!({ "reason": "to see it refused" });
        let topics = get(&gateway, "clusters/main/topics").await?;
        assert_eq!(topics.json()?["total"], 0, "{}", topics.text());
        let refused = post(&gateway, sample, &asked).await?;
        assert_problem(&refused, 502, "cluster_denied", "grant DESCRIBE on the topic");
        grant(&kafka, OPERATION_DESCRIBE).await?;
        let topics = get(&gateway, "clusters/main/topics").await?.json()?;
        assert_eq!(topics["items"][0]["settings"], Value::Null);
        assert!(topics["items"][0]["notes"].to_string().contains("DESCRIBE_CONFIGS"), "{topics}");
        let refused = post(&gateway, sample, &asked).await?;
        assert_problem(&refused, 502, "cluster_denied", "grant READ on the topic");
        grant(&kafka, OPERATION_READ).await?;
        let records = post(&gateway, sample, &asked).await?;
        assert_eq!(records.status(), 200, "{}", records.text());
        // Another password: no secret is in what is said.
        gateway.apply(cluster("canary-wrong-password").yaml()).await?;
        let refused = get(&gateway, "clusters/main/topics").await?;
        assert_problem(&refused, 502, "cluster_refused", "SCRAM-SHA-512");
        assert!(!refused.text().contains("canary"), "{}", refused.text());
        Ok(())
    });
}

/// Allows the gateway's user to do something with the topic.
async fn grant(kafka: &KafkaCluster, operation: i8) -> anyhow::Result<()> {
    let text = |text: &str| StrBytes::from_string(text.to_owned());
    let creation = AclCreation::default()
        .with_resource_type(RESOURCE_TOPIC)
        .with_resource_name(text("orders"))
        .with_resource_pattern_type(PATTERN_LITERAL)
        .with_principal(text(&format!("User:{SASL_USER}")))
        .with_host(text("*"))
        .with_operation(operation)
        .with_permission_type(PERMISSION_ALLOW);
    let request = CreateAclsRequest::default().with_creations(vec![creation]);
    let answer = wire::call(&kafka.bootstrap_list()[0], &request, 2).await?;
    anyhow::ensure!(answer.results.iter().all(|one| one.error_code == 0), "{answer:?}");
    Ok(())
}

#[test]
fn an_absent_broker_and_those_who_may_not_are_told_precisely() {
    run(60, async {
        let nobody = format!("127.0.0.1:{}", ports::free()?);
        let gateway = Gateway::launch(Options::default()).await?;
        let world = Documents::new()
            .cluster("main", &nobody)
            .document("User", "dora", "{roles: [developer], teams: [shop]}")
            .document("Token", "dora-1", "{user: dora, scopes: [read, write, records]}")
            .document("User", "olaf", "{roles: [owner], teams: [shop]}")
            .document("Token", "olaf-1", "{user: olaf, scopes: [read, write, records]}");
        let applied =
            gateway.rest("POST", "apply", "application/yaml", world.yaml().as_bytes()).await?;
        assert_eq!(applied.status(), 200, "{}", applied.text());
        let applied = applied.json()?;
        let token = |name: &str| -> String {
            let secrets = applied["secrets"].as_array().expect("secrets");
            let found = secrets.iter().find(|secret| secret["token"] == name);
            found.and_then(|one| one["secret"].as_str()).expect("a token").to_owned()
        };
        let away = get(&gateway, "clusters/main/topics").await?;
        assert_problem(&away, 502, "cluster_unreachable", &nobody);
        for (name, topics, sample) in [("dora-1", 404, 404), ("olaf-1", 502, 403)] {
            let authorization = format!("Bearer {}", token(name));
            let headers =
                [("Authorization", authorization.as_str()), ("Content-Type", "application/json")];
            let path = "/api/v1/clusters/main/topics";
            let answer = gateway.send("GET", path, &headers, b"").await?;
            assert_eq!(answer.status(), topics, "{name}: {}", answer.text());
            let path = "/api/v1/clusters/main/topics/orders/sample";
            let answer = gateway.send("POST", path, &headers, br#"{"reason": "mine"}"#).await?;
            assert_eq!(answer.status(), sample, "{name}: {}", answer.text());
        }
        let audit = get(&gateway, "audit?type=io.sluicegate.cluster.sampled.v1").await?;
        assert_eq!(audit.json()?["records"], json!([]), "nobody read anything");
        Ok(())
    });
}
