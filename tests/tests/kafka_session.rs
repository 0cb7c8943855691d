//! The Kafka door from outside: real client libraries log in and see what they may, over plain and
//! TLS, by server name; revocation and draining end sessions in time. The SCRAM client over TLS is
//! a second gateway whose backend cluster is the first one's door.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use kafka_protocol::messages::{DescribeClusterRequest, MetadataRequest, MetadataResponse};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rustls_pki_types::ServerName;
use tempfile::TempDir;
use tests::documents::Documents;
use tests::expect::within;
use tests::gateway::{Gateway, Options, Secret};
use tests::kafka::KafkaCluster;
use tests::kafka::wire::{call_over, log_in};
use tests::tls::{Authority, client_config};
use tests::{eventually, ports, run};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How long a library may take for one question.
const LIBRARY_LIMIT: Duration = Duration::from_secs(20);
/// How long a connection may take to be closed for what it sent.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);
/// How long a change of files may take to be noticed.
const RELOAD_LIMIT: Duration = Duration::from_secs(20);

/// A gateway with a Kafka door, and a subscriber.
struct Stand {
    gateway: Gateway,
    secret: Secret,
    port: u16,
}

impl Stand {
    /// A plain door over the real cluster, with two topics of which one is granted.
    async fn plain() -> anyhow::Result<Stand> {
        let port = ports::free()?;
        let toml = format!("[kafka]\nlisten = \"127.0.0.1:{port}\"\ncluster = \"main\"\n");
        Stand::with(toml, port, "").await
    }

    async fn with(toml: String, port: u16, more: &str) -> anyhow::Result<Stand> {
        let cluster = KafkaCluster::shared().await?;
        let (granted, hidden) = (format!("granted-{port}"), format!("hidden-{port}"));
        cluster.create_topic(&granted, 3).await?;
        cluster.create_topic(&hidden, 1).await?;
        let gateway = Gateway::start_with(Options { toml, ..Options::default() }).await?;
        let endpoint = format!("{{cluster: main, topic: {granted}, address: orders}}");
        let documents = Documents::new()
            .cluster("main", &cluster.bootstrap())
            .document("Endpoint", "orders", &endpoint)
            .endpoint("main", &hidden)
            .plan("all", "orders", &[])
            .subscriber("app", "orders", "all");
        let applied = gateway.apply(&format!("{}{more}", documents.yaml())).await?;
        gateway.ready(LIBRARY_LIMIT).await?;
        let secret = applied.secret("app")?.clone();
        Ok(Stand { gateway, secret, port })
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    async fn connect(&self) -> anyhow::Result<TcpStream> {
        Ok(TcpStream::connect(self.address()).await?)
    }

    async fn logged_in(&self) -> anyhow::Result<TcpStream> {
        let mut socket = self.connect().await?;
        let in_time = log_in(&mut socket, &self.secret.credential, &self.secret.secret);
        anyhow::ensure!(in_time.await?, "the login is refused");
        Ok(socket)
    }

    fn library(&self, password: &str) -> anyhow::Result<BaseConsumer> {
        let consumer = ClientConfig::new()
            .set("bootstrap.servers", self.address())
            .set("security.protocol", "SASL_PLAINTEXT")
            .set("sasl.mechanism", "PLAIN")
            .set("sasl.username", &self.secret.credential)
            .set("sasl.password", password)
            .set("group.id", "tests")
            .set("log_level", "2")
            .create()?;
        Ok(consumer)
    }
}

#[test]
fn a_library_sees_one_node_and_the_granted_topics_under_their_addresses() {
    run(180, async {
        let stand = Stand::plain().await?;
        let consumer = stand.library(&stand.secret.secret)?;
        let port = stand.port;
        tokio::task::spawn_blocking(move || {
            let all = consumer.fetch_metadata(None, LIBRARY_LIMIT)?;
            let topics: Vec<_> =
                all.topics().iter().map(|topic| (topic.name(), topic.partitions().len())).collect();
            assert_eq!(topics, [("orders", 3)]);
            let brokers: Vec<_> =
                all.brokers().iter().map(|b| (b.id(), b.host(), b.port())).collect();
            assert_eq!(brokers, [(1, "127.0.0.1", i32::from(port))]);
            for name in [format!("hidden-{port}"), format!("granted-{port}"), "none".to_owned()] {
                let one = consumer.fetch_metadata(Some(&name), LIBRARY_LIMIT)?;
                let topic = one.topics().first().context("an answer")?;
                let refused =
                    rdkafka::types::RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
                assert_eq!(topic.error(), Some(refused), "{name}");
            }
            anyhow::Ok(())
        })
        .await??;
        let metrics = stand.gateway.metrics().await?;
        assert!(metrics.has("sluicegate_kafka_requests_total", &[("api", "Metadata")]));
        // Nothing of it, and no secret, is in the log.
        assert!(!stand.gateway.output().contains(&stand.secret.secret));
        Ok(())
    });
}

#[test]
fn epochs_and_ids_follow_the_real_topic_and_ids_outlive_a_restart() {
    run(180, async {
        let stand = Stand::plain().await?;
        let cluster = KafkaCluster::shared().await?;
        let real =
            tests::kafka::metadata(&cluster.bootstrap(), &[&format!("granted-{}", stand.port)])
                .await?;
        let seen = all_topics(&mut stand.logged_in().await?).await?;
        let (real, topic) = (&real.topics[0], &seen.topics[0]);
        let epochs =
            |topic: &kafka_protocol::messages::metadata_response::MetadataResponseTopic| {
                let mut epochs: Vec<_> =
                    topic.partitions.iter().map(|p| (p.partition_index, p.leader_epoch)).collect();
                epochs.sort_unstable();
                epochs
            };
        assert_eq!(epochs(real), epochs(topic));
        assert_ne!(real.topic_id, topic.topic_id);
        assert_eq!(topic.topic_id.as_bytes()[6] >> 4, 4, "a random UUID's form");
        stand.gateway.restart().await?;
        stand.gateway.ready(LIBRARY_LIMIT).await?;
        let again = all_topics(&mut stand.logged_in().await?).await?;
        assert_eq!(
            (again.topics[0].topic_id, &again.cluster_id),
            (topic.topic_id, &seen.cluster_id)
        );
        // Real names of the cluster appear nowhere.
        let whole = format!("{again:?}");
        assert!(!whole.contains(&cluster.bootstrap()) && !whole.contains("granted-"), "{whole}");
        Ok(())
    });
}

async fn all_topics(
    socket: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin),
) -> anyhow::Result<MetadataResponse> {
    let request = MetadataRequest::default().with_topics(None);
    within(LIBRARY_LIMIT, "metadata", call_over(socket, &request, 12)).await?
}

#[test]
fn a_login_fails_late_and_never_locks_the_owner_out() {
    run(180, async {
        let stand = Stand::plain().await?;
        for (user, secret) in [(&*stand.secret.credential, "slg_app-1_wrong"), ("nobody-1", "x")] {
            let mut socket = stand.connect().await?;
            let began = Instant::now();
            assert!(!log_in(&mut socket, user, secret).await?);
            assert!(began.elapsed() >= Duration::from_millis(500), "{:?}", began.elapsed());
            let read = within(CLOSE_LIMIT, "it ends", socket.read(&mut [0; 1])).await?;
            assert!(matches!(read, Ok(0) | Err(_)));
        }
        // librdkafka tries at once, again and again: it is slowed down.
        let consumer = stand.library("slg_app-1_wrong")?;
        let began = Instant::now();
        let tried = tokio::task::spawn_blocking(move || {
            let failed = consumer.fetch_metadata(None, Duration::from_secs(5));
            assert!(failed.is_err());
        });
        tried.await?;
        let metrics = stand.gateway.metrics().await?;
        let labels = [("mechanism", "PLAIN"), ("outcome", "refused")];
        let refused = metrics.sum("sluicegate_kafka_logins_total", &labels);
        let limit = 2.0 + began.elapsed().as_secs_f64() * 2.0 + 1.0;
        assert!(refused <= limit, "{refused} logins in {:?}", began.elapsed());
        stand.logged_in().await?;
        Ok(())
    });
}

#[test]
fn revocation_ends_sessions_within_a_second_and_draining_within_its_time() {
    run(180, async {
        let stand = Stand::plain().await?;
        let mut idle = stand.logged_in().await?;
        all_topics(&mut idle).await?;
        stand.gateway.revoke(&stand.secret.credential).await?;
        let began = Instant::now();
        let read = within(CLOSE_LIMIT, "the session ends", idle.read(&mut [0; 1])).await?;
        assert!(matches!(read, Ok(0) | Err(_)));
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        let mut again = stand.connect().await?;
        assert!(!log_in(&mut again, &stand.secret.credential, &stand.secret.secret).await?);
        let stand = Stand::plain().await?;
        let mut idle = Vec::new();
        for _ in 0..20 {
            idle.push(stand.logged_in().await?);
        }
        let began = Instant::now();
        assert!(stand.gateway.sigterm().await?.success(), "{}", stand.gateway.output());
        assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
        Ok(())
    });
}

/// Certificates of the tests in a folder.
struct Files {
    folder: TempDir,
    authority: Authority,
}

impl Files {
    fn new() -> anyhow::Result<Files> {
        let files = Files {
            folder: TempDir::with_prefix("sluicegate-tls-")?,
            authority: Authority::new()?,
        };
        std::fs::write(files.path("ca.pem"), files.authority.ca())?;
        Ok(files)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, names: &[&str]) -> anyhow::Result<()> {
        let identity = self.authority.server_named(names)?;
        std::fs::write(self.path(&format!("{name}.pem")), identity.certificate)?;
        std::fs::write(self.path(&format!("{name}.key")), identity.key)?;
        Ok(())
    }

    fn tls(&self, name: &str, more: &str) -> String {
        let show = |path: &Path| path.display().to_string();
        let (certificate, key) =
            (self.path(&format!("{name}.pem")), self.path(&format!("{name}.key")));
        format!(
            "tls = {{ certificate = \"{}\", key = \"{}\"{more} }}\n",
            show(&certificate),
            show(&key)
        )
    }

    async fn connect(&self, port: u16, name: &str) -> anyhow::Result<TlsStream<TcpStream>> {
        let config = client_config(self.authority.ca(), None)?;
        connect(config, port, name).await
    }
}

async fn connect(
    config: Arc<rustls::ClientConfig>,
    port: u16,
    name: &str,
) -> anyhow::Result<TlsStream<TcpStream>> {
    let socket = TcpStream::connect(("127.0.0.1", port)).await?;
    let name = ServerName::try_from(name.to_owned())?;
    Ok(TlsConnector::from(config).connect(name, socket).await?)
}

#[test]
fn scram_over_tls_serves_another_gateway_and_certificates_are_reloaded() {
    run(240, async {
        let files = Files::new()?;
        files.write("door", &["localhost", "127.0.0.1"])?;
        let port = ports::free()?;
        let tls = files.tls("door", "");
        let toml = format!("[kafka]\nlisten = \"127.0.0.1:{port}\"\ncluster = \"main\"\n{tls}");
        let stand = Stand::with(toml, port, "").await?;
        for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"] {
            let behind = Gateway::launch(Options::default()).await?;
            let ca = serde_json::to_string(files.authority.ca())?;
            let spec = format!(
                "{{bootstrapServers: [\"localhost:{port}\"], security: {{tls: {{ca: {ca}}}, sasl: \
                 {{mechanism: {mechanism}, username: {}, passwordFrom: {{value: {}}}}}}}}}",
                stand.secret.credential, stand.secret.secret
            );
            let documents =
                Documents::new().document("Cluster", "door", &spec).endpoint("door", "orders");
            behind.apply(documents.yaml()).await?;
            behind.ready(LIBRARY_LIMIT).await.with_context(|| mechanism.to_owned())?;
        }
        // What is open stays open, what comes gets the new certificate.
        let mut open = files.connect(port, "localhost").await?;
        assert!(log_in(&mut open, &stand.secret.credential, &stand.secret.secret).await?);
        files.write("door", &["renewed.example"])?;
        let renewed = eventually(RELOAD_LIMIT, "the new certificate is shown", || async {
            files.connect(port, "renewed.example").await.ok()
        });
        renewed.await?;
        assert_eq!(all_topics(&mut open).await?.topics.len(), 1);
        // A broken file changes nothing.
        std::fs::write(files.path("door.pem"), "broken")?;
        eventually(RELOAD_LIMIT, "the log says so", || async {
            stand.gateway.output().contains("the old certificate stays").then_some(())
        })
        .await?;
        files.connect(port, "renewed.example").await?;
        Ok(())
    });
}

#[test]
fn server_names_choose_the_virtual_cluster_and_client_certificates_are_checked() {
    run(240, async {
        let files = Files::new()?;
        files.write("a", &["a.example"])?;
        files.write("b", &["b.example"])?;
        let port = ports::free()?;
        let ca = format!(
            ", client_ca = \"{}\", client_certificate = \"required\"",
            files.path("ca.pem").display()
        );
        let toml = format!(
            "[[kafka]]\nlisten = \"127.0.0.1:{port}\"\nadvertise = \"a.example:{port}\"\n\
             cluster = \"main\"\nserver_names = [\"a.example\"]\n{}\
             [[kafka]]\nlisten = \"127.0.0.1:{port}\"\nadvertise = \"b.example:{port}\"\n\
             cluster = \"other\"\nserver_names = [\"B.example\"]\n{}",
            files.tls("a", ""),
            files.tls("b", &ca),
        );
        let bootstrap = KafkaCluster::shared().await?.bootstrap();
        let other = Documents::new().cluster("other", &bootstrap);
        let stand = Stand::with(toml, port, other.yaml()).await?;
        let (user, secret) = (&stand.secret.credential, &stand.secret.secret);
        let mut a = files.connect(port, "a.example").await?;
        assert!(log_in(&mut a, user, secret).await?);
        let seen = all_topics(&mut a).await?;
        assert_eq!((seen.brokers[0].host.as_str(), seen.topics.len()), ("a.example", 1));
        // A stranger's certificate, none, and one of the authority.
        let with = |identity| client_config(files.authority.ca(), identity);
        let stranger = Authority::new()?.client("app")?;
        for identity in [None, Some(&stranger)] {
            let mut refused = match connect(with(identity)?, port, "b.example").await {
                Ok(stream) => stream,
                Err(_) => continue,
            };
            // With TLS 1.3 a client learns of it when it reads.
            assert!(log_in(&mut refused, user, secret).await.is_err());
        }
        let mut b =
            connect(with(Some(&files.authority.client("app")?))?, port, "b.example").await?;
        assert!(log_in(&mut b, user, secret).await?);
        // The subscription is on the other backend cluster.
        let seen = all_topics(&mut b).await?;
        assert_eq!((seen.brokers[0].host.as_str(), seen.topics.len()), ("b.example", 0));
        let described = DescribeClusterRequest::default().with_endpoint_type(1);
        let described = call_over(&mut b, &described, 1).await?;
        assert_eq!(described.brokers[0].host.as_str(), "b.example");
        assert!(files.connect(port, "c.example").await.is_err());
        Ok(())
    });
}
