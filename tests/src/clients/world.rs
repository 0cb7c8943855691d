//! What one run of the suite stands on: a real broker, and a gateway in front of it with a tap
//! before its Kafka door; or three of each. Topics and endpoints of all scenarios are made once.

use std::collections::HashMap;

use anyhow::Context;
use futures_util::{StreamExt, TryStreamExt};
use parking_lot::Mutex;
use tokio::sync::OnceCell;

use super::options::Options;
use super::scenario::login::Doors;
use super::suite::Plan;
use super::tap::Tap;
use super::{Client, Side};
use crate::balance::Balancer;
use crate::documents::Documents;
use crate::gateway::{self, Applied, Gateway};
use crate::kafka::{self, KafkaCluster};
use crate::ports;
use crate::produce::{Record, read_all};

/// The application that reads and writes in most scenarios.
pub const APPLICATION: &str = "suite";
/// Topics that are created at once: there are hundreds.
const CREATED_AT_ONCE: usize = 8;
/// The catalog's name of the broker.
pub const CLUSTER: &str = "real";

/// How much of everything there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// One broker, one gateway.
    One,
    /// The same once more, for topics with so many partitions that others would feel them.
    Wide,
    /// Three brokers, and three gateways behind one address that start from one catalog.
    Three,
}

impl Setting {
    /// All of them, in the order in which they run.
    pub const ALL: [Setting; 3] = [Setting::One, Setting::Wide, Setting::Three];

    fn brokers(self) -> kafka::Options {
        match self {
            Setting::One | Setting::Wide => {
                kafka::Options { sasl_ssl: true, ..kafka::Options::single() }
            }
            Setting::Three => kafka::Options { nodes: 3, ..kafka::Options::single() },
        }
    }

    fn gateways(self) -> usize {
        match self {
            Setting::One | Setting::Wide => 1,
            Setting::Three => 3,
        }
    }
}

/// A topic and the endpoint in front of it.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Its name on the broker.
    pub real: String,
    /// Its name for subscribers.
    pub address: String,
    /// How many partitions.
    pub partitions: i32,
}

impl Topic {
    /// A topic whose endpoint has the same name.
    pub fn new(name: &str, partitions: i32) -> Topic {
        Topic { real: name.to_owned(), address: name.to_owned(), partitions }
    }

    /// A topic that subscribers know under another name.
    pub fn alias(real: &str, address: &str, partitions: i32) -> Topic {
        Topic { real: real.to_owned(), address: address.to_owned(), partitions }
    }

    /// Its name on one side.
    pub fn name(&self, side: Side) -> &str {
        match side {
            Side::Direct => &self.real,
            Side::Gateway => &self.address,
        }
    }

    /// Adds its endpoint, a plan with these policies and the suite's subscription. Where no policy
    /// hides anything it may be written too.
    pub fn publish(&self, documents: Documents, policies: &[&str]) -> Documents {
        let Topic { real, address, .. } = self;
        let name = address.replace('.', "-");
        let direction = if policies.is_empty() { "both" } else { "consume" };
        let spec = format!(
            "{{cluster: {CLUSTER}, topic: {real}, address: {address}, direction: {direction}}}"
        );
        let subscription =
            format!("{{application: {APPLICATION}, endpoint: {name}, plan: {name}}}");
        documents.document("Endpoint", &name, &spec).plan(&name, &name, policies).document(
            "Subscription",
            &format!("{APPLICATION}-{name}"),
            &subscription,
        )
    }
}

/// The broker, the gateway, and what is in the topics.
pub struct World {
    /// The real broker.
    pub cluster: KafkaCluster,
    /// The gateway and what stands before it, unless only the broker is tried.
    pub front: Option<Front>,
    records: Mutex<HashMap<String, Vec<Record>>>,
    logins: OnceCell<Doors>,
}

/// The gateway, its tap, and a login.
pub struct Front {
    /// The gateway; of several the first.
    pub gateway: Gateway,
    /// More of them, each with a copy of the catalog.
    pub replicas: Vec<Gateway>,
    /// The tap before the Kafka doors, which is the address that they advertise.
    pub tap: Tap,
    /// `host:port` of the Kafka door itself.
    pub kafka: String,
    /// The suite's SASL user.
    pub user: String,
    /// Its password.
    pub password: String,
    /// What the apply of all documents gave: the secrets of other applications.
    pub applied: Applied,
}

impl World {
    /// Starts one broker and one gateway, and fills the topics of the plan's scenarios.
    pub async fn start(plan: &Plan) -> anyhow::Result<World> {
        World::start_in(Setting::One, plan).await
    }

    /// Starts everything and fills the topics of the plan's scenarios.
    pub async fn start_in(setting: Setting, plan: &Plan) -> anyhow::Result<World> {
        let cluster = KafkaCluster::with(setting.brokers()).await?;
        let (mut topics, mut hidden) = (HashMap::new(), Vec::new());
        for topic in plan.scenarios.iter().flat_map(|one| one.topics(&plan.clients)) {
            if topic.real != topic.address {
                hidden.push(topic.real.clone().into_bytes());
            }
            // Several endpoints may stand before one topic.
            topics.insert(topic.real, topic.partitions);
        }
        let create: Vec<_> =
            topics.iter().map(|(name, count)| create(&cluster, name, *count)).collect();
        let create = futures_util::stream::iter(create).buffer_unordered(CREATED_AT_ONCE);
        create.try_collect::<()>().await?;
        for scenario in &plan.scenarios {
            let filled = scenario.fill(&plan.clients, &cluster).await;
            filled.with_context(|| format!("filling {scenario:?}"))?;
        }
        let front = match plan.through {
            true => Some(Front::start(setting, &cluster, plan, hidden).await?),
            false => None,
        };
        Ok(World { cluster, front, records: Mutex::default(), logins: OnceCell::new() })
    }

    /// A gateway of its own for logins, started by the first who asks.
    pub async fn logins(&self) -> anyhow::Result<&Doors> {
        self.logins.get_or_try_init(|| Doors::start(&self.cluster)).await
    }

    /// Where clients connect to.
    pub fn bootstrap(&self, side: Side) -> anyhow::Result<String> {
        match side {
            Side::Direct => Ok(self.cluster.bootstrap()),
            Side::Gateway => Ok(self.front()?.tap.address()),
        }
    }

    /// How clients connect there.
    pub fn options(&self, side: Side) -> anyhow::Result<Options> {
        match side {
            Side::Direct => Ok(Options::plaintext()),
            Side::Gateway => {
                let front = self.front()?;
                Ok(Options::sasl("PLAIN", &front.user, &front.password))
            }
        }
    }

    /// The gateway's side.
    pub fn front(&self) -> anyhow::Result<&Front> {
        self.front.as_ref().context("there is no gateway in this run")
    }

    /// What an ordinary consumer reads of a topic of which the records do not change any more.
    pub fn records(&self, topic: &Topic, isolation: &str) -> anyhow::Result<Vec<Record>> {
        let key = format!("{} {isolation}", topic.real);
        if let Some(records) = self.records.lock().get(&key) {
            return Ok(records.clone());
        }
        let bootstrap = self.cluster.bootstrap();
        let records = read_all(&bootstrap, &topic.real, topic.partitions, isolation)?;
        self.records.lock().insert(key, records.clone());
        Ok(records)
    }
}

impl Front {
    async fn start(
        setting: Setting,
        cluster: &KafkaCluster,
        plan: &Plan,
        hidden: Vec<Vec<u8>>,
    ) -> anyhow::Result<Front> {
        let tap = ports::free()?;
        let mut doors = Vec::new();
        for _ in 0..setting.gateways() {
            doors.push(format!("127.0.0.1:{}", ports::free()?));
        }
        let kafka = doors.first().cloned().context("no gateway")?;
        let gateway = Gateway::start_with(options(&kafka, tap)).await?;
        let mut documents = Documents::new().cluster(CLUSTER, &cluster.bootstrap());
        documents = documents.document("Application", APPLICATION, "{}").document(
            "Credential",
            &format!("{APPLICATION}-1"),
            &format!("{{application: {APPLICATION}}}"),
        );
        for scenario in &plan.scenarios {
            documents = scenario.documents(&plan.clients, documents);
        }
        let applied = gateway.apply(documents.yaml()).await?;
        let secret = applied.secret(APPLICATION)?;
        let (user, password) = (secret.credential.clone(), secret.secret.clone());
        let mut replicas = Vec::new();
        if doors.len() > 1 {
            gateway.sigterm().await?;
            for door in doors.iter().skip(1) {
                replicas.push(gateway.replica(options(door, tap)).await?);
            }
            gateway.run().await?;
        }
        let tap = Tap::start(tap, Balancer::new(doors), hidden).await?;
        Ok(Front { gateway, replicas, tap, kafka, user, password, applied })
    }

    /// All gateways.
    pub fn gateways(&self) -> impl Iterator<Item = &Gateway> {
        std::iter::once(&self.gateway).chain(&self.replicas)
    }
}

/// Records carry timestamps of long ago: they are kept.
async fn create(cluster: &KafkaCluster, name: &str, partitions: i32) -> anyhow::Result<()> {
    cluster.create_topic_with(name, partitions, &[("retention.ms", "-1")]).await
}

/// A gateway whose Kafka door is at `door` and advertises the tap.
fn options(door: &str, tap: u16) -> gateway::Options {
    let toml = format!(
        "[kafka]\nlisten = \"{door}\"\nadvertise = \"127.0.0.1:{tap}\"\n\
         cluster = \"{CLUSTER}\"\n"
    );
    gateway::Options { toml, level: "info".to_owned(), ..Default::default() }
}

/// A group that no other run uses.
pub fn group(client: Client, side: Side, case: &str) -> String {
    let side = match side {
        Side::Direct => "direct",
        Side::Gateway => "gateway",
    };
    // @platformatic/kafka refuses names with spaces by itself.
    let case = case.replace([' ', ','], "-");
    format!("{}-{side}-{case}", client.name())
}
