//! Faults while Kafka clients read and are members of groups, on a real Apache Kafka: the
//! gateway's own password changes, the gateway is killed, a credential is revoked. Clients see a
//! pause, or the end of their connection, and no error.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::{DescribeGroupsRequest, FetchRequest, GroupId};
use kafka_protocol::protocol::StrBytes;
use rdkafka::consumer::{
    BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance, StreamConsumer,
};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{ClientConfig, ClientContext, Message};
use tests::documents::Documents;
use tests::expect::within;
use tests::gateway::{Gateway, Options, Secret};
use tests::kafka::wire::{self, call_over, log_in, topic_name};
use tests::kafka::{self, KafkaCluster, SASL_PASSWORD, SASL_USER};
use tests::produce::{Codec, Producer, Record};
use tests::{eventually, ports, run};
use tokio::net::TcpStream;

/// How long records may take over a fault.
const LIMIT: Duration = Duration::from_secs(60);
/// The address of the endpoint.
const TOPIC: &str = "orders.v1";

/// Counts what an application would notice.
#[derive(Clone, Default)]
struct Noticed {
    assigned: Arc<AtomicUsize>,
    errors: Arc<AtomicUsize>,
}

/// Whether the library only tells that a connection ended: it comes again by itself.
fn is_of_transport(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{AllBrokersDown, BrokerTransportFailure};
    matches!(error.rdkafka_error_code(), Some(AllBrokersDown | BrokerTransportFailure))
}

impl ClientContext for Noticed {
    fn error(&self, error: KafkaError, reason: &str) {
        if !is_of_transport(&error) {
            tests::say(&format!("librdkafka: {error}: {reason}"));
            self.errors.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl ConsumerContext for Noticed {
    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if matches!(rebalance, Rebalance::Assign(_)) {
            self.assigned.fetch_add(1, Ordering::Relaxed);
        }
    }
}

type Member = StreamConsumer<Noticed>;

/// A gateway with a Kafka door before a cluster, and a subscriber.
struct Stand {
    gateway: Gateway,
    secret: Secret,
    port: u16,
}

impl Stand {
    /// `cluster` is the catalog's, as YAML documents.
    async fn start(cluster: Documents, topic: &str) -> anyhow::Result<Stand> {
        let port = ports::free()?;
        let toml = format!("[kafka]\nlisten = \"127.0.0.1:{port}\"\ncluster = \"main\"\n");
        let gateway = Gateway::start_with(Options { toml, ..Options::default() }).await?;
        let endpoint = format!("{{cluster: main, topic: {topic}, address: {TOPIC}}}");
        let documents = cluster
            .document("Endpoint", "orders", &endpoint)
            .plan("all", "orders", &[])
            .subscriber("app", "orders", "all");
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(LIMIT).await?;
        let secret = applied.secret("app")?.clone();
        Ok(Stand { gateway, secret, port })
    }

    fn member(&self) -> anyhow::Result<Member> {
        let member: Member = ClientConfig::new()
            .set("bootstrap.servers", format!("127.0.0.1:{}", self.port))
            .set("security.protocol", "SASL_PLAINTEXT")
            .set("sasl.mechanism", "PLAIN")
            .set("sasl.username", &self.secret.credential)
            .set("sasl.password", &self.secret.secret)
            .set("group.id", "steady")
            .set("auto.offset.reset", "earliest")
            .set("enable.auto.commit", "false")
            .set("session.timeout.ms", "45000")
            .set("heartbeat.interval.ms", "500")
            .set("reconnect.backoff.max.ms", "500")
            .set("log_level", "2")
            .create_with_context(Noticed::default())?;
        member.subscribe(&[TOPIC])?;
        Ok(member)
    }

    async fn logged_in(&self) -> anyhow::Result<TcpStream> {
        let mut socket = TcpStream::connect(("127.0.0.1", self.port)).await?;
        let in_time = log_in(&mut socket, &self.secret.credential, &self.secret.secret);
        anyhow::ensure!(in_time.await?, "the login is refused");
        Ok(socket)
    }
}

/// Reads until `count` offsets are there, by partition; none may come twice.
async fn read(members: &[&Member], count: usize) -> anyhow::Result<BTreeSet<(i32, i64)>> {
    let mut seen = BTreeSet::new();
    let deadline = Instant::now() + LIMIT;
    while seen.len() < count {
        anyhow::ensure!(Instant::now() < deadline, "{} records of {count}", seen.len());
        for member in members {
            // Each is polled in turn: rebalances are served while somebody waits.
            let pause = Duration::from_millis(20);
            let Ok(received) = tokio::time::timeout(pause, member.recv()).await else { continue };
            let record = match received {
                // Connections that end are its own business: it comes again.
                Err(error) if is_of_transport(&error) => continue,
                received => received?,
            };
            let place = (record.partition(), record.offset());
            anyhow::ensure!(seen.insert(place), "{place:?} came twice");
        }
    }
    Ok(seen)
}

fn fill(kafka: &KafkaCluster, topic: &str, count: i32) -> anyhow::Result<()> {
    let records: Vec<Record> =
        (0..count).map(|n| Record::value(n.to_string()).partition(n % 4)).collect();
    Producer::new(&kafka.bootstrap(), Codec::None)?.send(topic, &records)
}

/// The ids of a group's members as the cluster knows them, and the group's state.
async fn members(kafka: &KafkaCluster) -> anyhow::Result<(String, BTreeSet<String>)> {
    let group = GroupId(StrBytes::from_static_str("main/app/steady"));
    let request = DescribeGroupsRequest::default().with_groups(vec![group]);
    let answer = wire::call(&kafka.bootstrap(), &request, 5).await?;
    let group = answer.groups.into_iter().next().context("no group")?;
    let ids = group.members.iter().map(|member| member.member_id.to_string()).collect();
    Ok((group.group_state.to_string(), ids))
}

#[test]
fn a_killed_gateway_is_no_rebalance() {
    run(240, async {
        let kafka = KafkaCluster::single().await?;
        kafka.create_topic("orders", 4).await?;
        let cluster = Documents::new().cluster("main", &kafka.bootstrap());
        let stand = Stand::start(cluster, "orders").await?;
        let (one, two) = (stand.member()?, stand.member()?);
        let both = [&one, &two];
        let shared = eventually(LIMIT, "both have partitions", || async {
            for member in both {
                let _ = tokio::time::timeout(Duration::from_millis(50), member.recv()).await;
            }
            let counts = both.map(|member| member.assignment().map_or(0, |held| held.count()));
            (counts == [2, 2]).then_some(())
        });
        shared.await?;
        fill(&kafka, "orders", 40)?;
        let mut all = read(&both, 40).await?;
        for member in both {
            member.commit_consumer_state(CommitMode::Sync)?;
        }
        let before = members(&kafka).await?;
        let assigned = both.map(|member| member.context().assigned.load(Ordering::Relaxed));
        for round in 1..=3 {
            stand.gateway.restart().await?;
            stand.gateway.ready(LIMIT).await?;
            fill(&kafka, "orders", 40)?;
            let next = read(&both, 40).await?;
            assert!(next.is_disjoint(&all), "round {round}: what was read came again");
            all.extend(next);
            for member in both {
                eventually(LIMIT, "a commit arrives", || async {
                    member.commit_consumer_state(CommitMode::Sync).ok()
                })
                .await?;
            }
        }
        assert_eq!(members(&kafka).await?, before, "the same members");
        assert_eq!(both.map(|m| m.context().assigned.load(Ordering::Relaxed)), assigned);
        assert_eq!(both.map(|m| m.context().errors.load(Ordering::Relaxed)), [0, 0]);
        Ok(())
    });
}

/// The catalog's cluster with this password for the gateway.
fn secured(kafka: &KafkaCluster, password: &str) -> anyhow::Result<Documents> {
    let ca = serde_json::to_string(kafka.ca())?;
    let servers = serde_json::to_string(&kafka.bootstrap_sasl_ssl())?;
    let spec = format!(
        "{{bootstrapServers: {servers}, security: {{tls: {{ca: {ca}}}, sasl: {{mechanism: \
         SCRAM-SHA-512, username: {SASL_USER}, passwordFrom: {{value: {password}}}}}}}}}"
    );
    Ok(Documents::new().document("Cluster", "main", &spec))
}

#[test]
fn an_upstream_password_that_changes_is_a_pause() {
    run(300, async {
        // The cluster asks for a login again every few seconds.
        let renewal = ("connections.max.reauth.ms".to_owned(), "3000".to_owned());
        let kafka = KafkaCluster::with(kafka::Options {
            sasl_ssl: true,
            properties: vec![renewal],
            ..kafka::Options::single()
        })
        .await?;
        kafka.create_topic("orders", 4).await?;
        let stand = Stand::start(secured(&kafka, SASL_PASSWORD)?, "orders").await?;
        fill(&kafka, "orders", 40)?;
        let member = stand.member()?;
        read(&[&member], 40).await?;
        member.commit_consumer_state(CommitMode::Sync)?;
        kafka.set_password(SASL_USER, "canary-another-password").await?;
        eventually(LIMIT, "the replica says that the cluster is away", || async {
            // The member goes on polling, as applications do.
            let nothing = tokio::time::timeout(Duration::from_millis(200), member.recv()).await;
            assert!(nothing.is_err(), "{nothing:?}");
            stand.gateway.readyz().await.ok().filter(|answer| answer.status() != 200)
        })
        .await?;
        fill(&kafka, "orders", 40)?;
        let nothing = tokio::time::timeout(Duration::from_secs(2), member.recv()).await;
        assert!(nothing.is_err(), "{nothing:?}");
        stand.gateway.apply(secured(&kafka, "canary-another-password")?.yaml()).await?;
        read(&[&member], 40).await?;
        eventually(LIMIT, "a commit arrives", || async {
            member.commit_consumer_state(CommitMode::Sync).ok()
        })
        .await?;
        stand.gateway.ready(LIMIT).await?;
        let noticed = member.context();
        assert_eq!(noticed.assigned.load(Ordering::Relaxed), 1, "no rebalance");
        assert_eq!(noticed.errors.load(Ordering::Relaxed), 0);
        for secret in [SASL_PASSWORD, "canary-another-password"] {
            assert!(!stand.gateway.output().contains(secret), "a password is in the log");
        }
        Ok(())
    });
}

#[test]
fn a_parked_fetch_ends_with_its_credential() {
    run(120, async {
        let kafka = KafkaCluster::shared().await?;
        kafka.create_topic("parked", 1).await?;
        let cluster = Documents::new().cluster("main", &kafka.bootstrap());
        let stand = Stand::start(cluster, "parked").await?;
        let mut socket = stand.logged_in().await?;
        let partition = FetchPartition::default().with_partition_max_bytes(1 << 20);
        let topic =
            FetchTopic::default().with_topic(topic_name(TOPIC)).with_partitions(vec![partition]);
        let fetch = FetchRequest::default()
            .with_max_wait_ms(30_000)
            .with_min_bytes(1)
            .with_max_bytes(1 << 20)
            .with_topics(vec![topic]);
        let parked = tokio::spawn(async move {
            let answer = call_over(&mut socket, &fetch, 11).await;
            // Whether it was still told, or just closed: nothing more comes.
            let again = call_over(&mut socket, &fetch, 11).await;
            (answer, again.is_err(), Instant::now())
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!parked.is_finished(), "it waits");
        let revoked = Instant::now();
        stand.gateway.revoke(&stand.secret.credential).await?;
        let (answer, closed, at) = within(LIMIT, "the end", parked).await??;
        assert!(closed, "the connection goes on");
        let took = at.saturating_duration_since(revoked);
        assert!(took < Duration::from_secs(1), "{took:?}");
        if let Ok(answer) = answer {
            let told = &answer.responses[0].partitions[0];
            assert!(told.error_code == 29 && told.records.as_ref().is_none_or(|r| r.is_empty()));
        }
        Ok(())
    });
}
