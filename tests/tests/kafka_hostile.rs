//! Bad input at the Kafka door of the real binary, while others go on undisturbed.
//! What is tried where: the table in `tests/README.md`.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use catalog::activity::Activity;
use futures_util::future::join_all;
use kafka_protocol::messages::{ApiVersionsRequest, GroupId, HeartbeatRequest};
use kafka_protocol::protocol::StrBytes;
use tests::documents::Documents;
use tests::expect::within;
use tests::gateway::{Gateway, Options, Secret};
use tests::hostile::{Fate, frames};
use tests::kafka::KafkaCluster;
use tests::kafka::wire::{call_over, log_in};
use tests::{eventually, ports, run};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(20);
/// The topic that the subscriber may read and write.
const TOPIC: &str = "orders.v1";

/// A gateway with a Kafka door, and a subscriber.
struct Stand {
    gateway: Gateway,
    secret: Secret,
    port: u16,
}

impl Stand {
    async fn start() -> anyhow::Result<Stand> {
        let port = ports::free()?;
        let toml = format!("[kafka]\nlisten = \"127.0.0.1:{port}\"\ncluster = \"main\"\n");
        let cluster = KafkaCluster::shared().await?;
        let topic = format!("hostile-{port}");
        cluster.create_topic(&topic, 1).await?;
        let gateway = Gateway::start_with(Options { toml, ..Options::default() }).await?;
        let endpoint =
            format!("{{cluster: main, topic: {topic}, address: {TOPIC}, direction: both}}");
        let documents = Documents::new()
            .cluster("main", &cluster.bootstrap())
            .document("Endpoint", "orders", &endpoint)
            .plan("all", "orders", &[])
            .subscriber("app", "orders", "all");
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(LIMIT).await?;
        let secret = applied.secret("app")?.clone();
        let stand = Stand { gateway, secret, port };
        stand.knows_coordinators().await?;
        Ok(stand)
    }

    /// Waits until the cluster coordinates groups: while it does not, all seems well to members.
    async fn knows_coordinators(&self) -> anyhow::Result<()> {
        let mut socket = self.logged_in().await?;
        let group = GroupId(StrBytes::from_static_str("g"));
        let beat = HeartbeatRequest::default().with_group_id(group);
        let end = Instant::now() + LIMIT;
        while call_over(&mut socket, &beat, 3).await?.error_code != 25 {
            anyhow::ensure!(Instant::now() < end, "no coordinator");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Ok(())
    }

    async fn connect(&self) -> anyhow::Result<TcpStream> {
        Ok(TcpStream::connect(("127.0.0.1", self.port)).await?)
    }

    async fn log_in(&self, mut socket: TcpStream) -> anyhow::Result<TcpStream> {
        let in_time = log_in(&mut socket, &self.secret.credential, &self.secret.secret);
        anyhow::ensure!(in_time.await?, "the login is refused");
        Ok(socket)
    }

    async fn logged_in(&self) -> anyhow::Result<TcpStream> {
        self.log_in(self.connect().await?).await
    }
}

async fn goes_on(socket: &mut TcpStream) -> anyhow::Result<()> {
    let request = ApiVersionsRequest::default();
    let answer = within(LIMIT, "an answer", call_over(socket, &request, 0)).await??;
    anyhow::ensure!(answer.error_code == 0, "{}", answer.error_code);
    Ok(())
}

#[test]
fn hostile_frames_end_their_connection_only() {
    run(240, async {
        let stand = Stand::start().await?;
        let mut bystander = stand.logged_in().await?;
        let before = stand.gateway.resident_bytes()?;
        for logged_in in [false, true] {
            for hostile in frames(TOPIC).iter().filter(|frame| frame.is_sent(logged_in)) {
                let mut socket = match logged_in {
                    true => stand.logged_in().await?,
                    false => stand.connect().await?,
                };
                hostile.try_on(&mut socket).await?;
                if hostile.fate != Fate::Closed {
                    goes_on(&mut socket).await?;
                }
            }
            goes_on(&mut bystander).await?;
        }
        let resident = stand.gateway.resident_bytes()?;
        assert!(resident < before + (64 << 20), "{before} bytes became {resident}");
        // What was told is counted, by API and code, in a closed set of both.
        let metrics = stand.gateway.metrics().await?;
        let told = |api, code| {
            metrics.sum("sluicegate_kafka_errors_total", &[("api", api), ("code", code)])
        };
        assert!(told("Produce", "87") >= 10.0 && told("Produce", "76") >= 1.0);
        assert!(told("Heartbeat", "24") >= 2.0 && told("Heartbeat", "25") >= 2.0);
        assert!(told("ApiVersions", "35") >= 6.0);
        let closed = |reason| metrics.sum("sluicegate_kafka_closed_total", &[("reason", reason)]);
        assert!(closed("bad_length") >= 10.0 && closed("unsupported") >= 8.0);
        refusals_name_what_is_not_served(&stand).await
    });
}

/// Who is cut off for what it asked finds the reason in words.
async fn refusals_name_what_is_not_served(stand: &Stand) -> anyhow::Result<()> {
    let path = stand.gateway.folder().join("state.activity.db");
    let (activity, _sink) = Activity::open(&path, "test").await?;
    let wanted = [
        "CreateTopics is not served through the gateway.",
        "Metadata is served in versions 0 to 13, not in 14.",
        "The client sent a request that is not of the Kafka protocol.",
    ];
    eventually(LIMIT, "the reasons are kept", || async {
        let refusals = activity.refusals(&stand.secret.credential).await.ok()?;
        let kept = |words: &&str| refusals.iter().any(|refusal| refusal.words == **words);
        wanted.iter().all(kept).then_some(())
    })
    .await
}

/// Connections of one address before their login, as the listener allows them.
const GREETINGS_PER_IP_MAX: usize = 1_000;
/// The largest frame before a login.
const GREETING_BYTES: u32 = 48 * 1024;
/// What one of them may cost: its frame, buffers of the runtime, the session's state.
const CONNECTION_BYTES_MAX: u64 = 64 * 1024;

#[test]
fn a_thousand_who_do_not_log_in_cost_64_kib_each_and_one_more_is_turned_away() {
    run(120, async {
        let stand = Stand::start().await?;
        let mut bystander = stand.logged_in().await?;
        let before = stand.gateway.resident_bytes()?;
        // A frame of the largest size, of which the last byte never comes.
        let length = GREETING_BYTES.to_be_bytes();
        let filling = vec![0; GREETING_BYTES as usize - 1];
        let greet = || async {
            let mut socket = stand.connect().await?;
            socket.write_all(&length).await?;
            socket.write_all(&filling).await?;
            anyhow::Ok(socket)
        };
        let mut greeting = Vec::new();
        while greeting.len() < GREETINGS_PER_IP_MAX {
            let some = join_all((0..100).map(|_| greet())).await;
            greeting.extend(some.into_iter().collect::<anyhow::Result<Vec<_>>>()?);
        }
        let most = GREETINGS_PER_IP_MAX as u64;
        let taken = eventually(Duration::from_secs(5), "the frames are read", || async {
            let taken = stand.gateway.resident_bytes().ok()?.saturating_sub(before);
            (taken >= most * u64::from(GREETING_BYTES) / 2).then_some(taken)
        });
        let taken = taken.await?;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let taken = taken.max(stand.gateway.resident_bytes()?.saturating_sub(before));
        tests::say(&format!("{} bytes for each that greets", taken / most));
        assert!(taken <= most * CONNECTION_BYTES_MAX, "{taken}");

        // One more of that address is closed at once; another address is let in.
        let mut one_more = stand.connect().await?;
        let read = within(Duration::from_secs(2), "a close", one_more.read(&mut [0; 1])).await?;
        assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
        let elsewhere = TcpSocket::new_v4()?;
        elsewhere.bind((Ipv4Addr::new(127, 0, 0, 2), 0).into())?;
        let elsewhere = elsewhere.connect((Ipv4Addr::LOCALHOST, stand.port).into()).await?;
        stand.log_in(elsewhere).await?;
        goes_on(&mut bystander).await?;
        let metrics = stand.gateway.metrics().await?;
        let turned_away = metrics.sum("sluicegate_kafka_closed_total", &[("reason", "greetings")]);
        assert!(turned_away >= 1.0, "{turned_away}");

        // Their time is over: there is room again.
        let again = eventually(LIMIT, "a login", || async { stand.logged_in().await.ok() });
        again.await?;
        Ok(())
    });
}
