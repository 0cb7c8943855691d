//! A broker, and two gateways on one database.

use std::sync::Arc;
use std::time::Duration;

use tests::documents::Documents;
use tests::gateway::{Applied, Gateway, Options};
use tests::kafka::KafkaCluster;
use tests::ports;
use tests::postgres::Postgres;

use crate::events::{CHAINS, PARTITIONS, TOPIC};

/// How long anything may take that is waited for.
pub const LIMIT: Duration = Duration::from_secs(60);

pub struct Scene {
    pub gateways: Vec<Gateway>,
    /// The Kafka doors of both.
    pub doors: Vec<String>,
    pub applied: Applied,
    pub kafka: KafkaCluster,
    // After the gateways, which hold connections.
    _postgres: Postgres,
}

impl Scene {
    pub async fn start() -> anyhow::Result<Arc<Scene>> {
        let postgres = tokio::task::spawn_blocking(Postgres::start).await??;
        let kafka = KafkaCluster::single().await?;
        kafka.create_topic(TOPIC, PARTITIONS).await?;
        let folder = tempfile::tempdir()?;
        let url = folder.path().join("postgres.url");
        std::fs::write(&url, postgres.url())?;
        let (mut gateways, mut doors) = (Vec::<Gateway>::new(), Vec::new());
        for _ in 0..2 {
            let door = format!("127.0.0.1:{}", ports::free()?);
            let mut environment = vec![(
                "SLUICEGATE__STORE__POSTGRES_URL_FILE".to_owned(),
                url.display().to_string(),
            )];
            // What one replica seals, the others open.
            if let Some(first) = gateways.first() {
                let key = first.folder().join("master.key").display().to_string();
                environment.push(("SLUICEGATE__SECRETS__MASTER_KEY_FILE".to_owned(), key));
            }
            let toml = format!("[kafka]\nlisten = \"{door}\"\ncluster = \"real\"\n");
            let level = "info".to_owned();
            let options = Options { toml, environment, level, ..Options::default() };
            gateways.push(Gateway::start_with(options).await?);
            doors.push(door);
        }
        let mut documents = Documents::new().cluster("real", &kafka.bootstrap());
        documents = documents.endpoint("real", TOPIC);
        for chain in &CHAINS {
            let policies: &[&str] = if chain.is_empty() { &[] } else { &[chain.name] };
            if !chain.is_empty() {
                documents = documents.policy(chain.name, chain.rules);
            }
            documents = documents.plan(chain.name, TOPIC, policies);
            documents = documents.subscriber(chain.name, TOPIC, chain.name);
        }
        let applied = gateways[0].apply(documents.yaml()).await?;
        for gateway in &gateways {
            gateway.ready(LIMIT).await?;
        }
        // The file with the address must stay as long as gateways start.
        let _ = folder.keep();
        Ok(Arc::new(Scene { gateways, doors, applied, kafka, _postgres: postgres }))
    }
}
