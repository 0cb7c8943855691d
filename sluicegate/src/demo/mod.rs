//! The whole product in one process: a broker, events, a catalog, and the gateway as `serve` runs
//! it. What it writes is in one temporary folder that goes with it.

mod accounts;
mod announce;
mod broker;
mod data;
mod feed;
mod history;
mod people;
mod setup;
mod stop;

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::net::TcpListener;

use crate::compose::kafka::Bound;
use crate::compose::{self, Parts};
use crate::config::{Config, Kafka};
use announce::Announcement;
use broker::Broker;
use feed::Feed;
use stop::Stop;

/// Where people expect the doors and the metrics.
const HTTP_PORT: u16 = 8080;
const METRICS_PORT: u16 = 9464;
const KAFKA_PORT: u16 = 9092;
/// The backend cluster of the demo's documents.
const CLUSTER: &str = "demo";
/// A gateway that is not ready by then will not be.
const READY_TIMEOUT: Duration = Duration::from_secs(10);
/// How often readiness is asked for.
const READY_PERIOD: Duration = Duration::from_millis(50);
/// Nobody wants to wait for a demo to end.
const DRAIN_SECONDS: u64 = 2;

/// What can be chosen.
pub(crate) struct Options {
    /// A real cluster instead of the embedded broker.
    pub(crate) kafka: Option<String>,
    /// One JSON object instead of a page.
    pub(crate) json: bool,
    /// The doors' port; without it 8080, or any when that is taken.
    pub(crate) port: Option<u16>,
}

/// Runs until it is asked to stop.
///
/// # Errors
/// When something does not start, or the gateway ends by itself.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let mut stop = Stop::listen()?;
    let folder = tempfile::Builder::new()
        .prefix("sluicegate-demo-")
        .tempdir()
        .context("cannot make a temporary folder")?;
    // Whatever is dropped on the way out of here is cleaned up, also when starting is broken off.
    let ended = tokio::select! {
        prepared = prepare(&options, folder.path()) => match prepared {
            Ok(prepared) => serve(prepared, &options, &mut stop).await,
            Err(error) => Err(error),
        },
        () = stop.asked() => Ok(()),
    };
    folder.close().context("cannot remove the temporary folder")?;
    ended
}

/// Everything that is there before the gateway starts.
struct Prepared {
    broker: Broker,
    feed: Feed,
    parts: Parts,
    announcement: Announcement,
}

async fn prepare(options: &Options, folder: &Path) -> anyhow::Result<Prepared> {
    let http = listen(options.port, HTTP_PORT).await?;
    let metrics = listen(None, METRICS_PORT).await?;
    let kafka = listen(None, KAFKA_PORT).await?;
    let broker = match &options.kafka {
        Some(bootstrap) => Broker::real(bootstrap.clone()).await?,
        None => Broker::embedded().await?,
    };
    let feed = Feed::start(&broker.bootstrap).await?;
    let (catalog, applied) = setup::catalog(folder, &broker.bootstrap).await?;
    let mut config = Config::default();
    config.http.listen = http.local_addr()?;
    config.metrics.listen = metrics.local_addr()?;
    let kafka = Bound { listen: kafka.local_addr()?, socket: kafka };
    config.kafka = vec![Kafka::new(kafka.listen, CLUSTER)];
    config.store.path = folder.join("catalog.db");
    config.limits.drain_seconds = DRAIN_SECONDS;
    let admin_token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>());
    let base = format!("http://{}", config.http.listen);
    let (demo, past) = tokio::join!(accounts::open(&catalog), async {
        history::write(&config.store.activity()).await
    });
    let demo = demo?;
    past.context("cannot write the demo's past")?;
    let announcement = Announcement {
        portal: format!("{base}/"),
        live: format!("{base}/endpoints/orders/live"),
        subscriptions: setup::subscriptions(&catalog, &applied, (&base, kafka.listen))?,
        http: base,
        kafka: kafka.listen.to_string(),
        metrics: format!("http://{}", config.metrics.listen),
        admin_token: admin_token.clone(),
    };
    let admin_token = Some(admin_token);
    let kafka = vec![kafka];
    let parts = Parts { http, kafka, metrics, admin: None, catalog, admin_token, config, demo };
    Ok(Prepared { broker, feed, parts, announcement })
}

/// The gateway and the feed, side by side, until it is time to stop.
async fn serve(prepared: Prepared, options: &Options, stop: &mut Stop) -> anyhow::Result<()> {
    let Prepared { broker, feed, parts, announcement } = prepared;
    let announce = async {
        ready(&announcement.metrics).await?;
        if options.json {
            announcement.print_json()?;
        } else {
            announcement.print_page(&broker.bootstrap)?;
        }
        // Only a failure ends this.
        feed.run().await;
        anyhow::Ok(())
    };
    tokio::select! {
        ended = Box::pin(compose::start(parts, stop.asked())) => ended.map(|_| ()),
        failed = Box::pin(announce) => failed,
    }
}

/// Binds to loopback. A wanted port must be free; without one any will do.
async fn listen(wanted: Option<u16>, usual: u16) -> anyhow::Result<TcpListener> {
    let port = wanted.unwrap_or(usual);
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Ok(listener) => Ok(listener),
        Err(error) if wanted.is_some() => Err(error)
            .with_context(|| format!("cannot listen on port {port}: choose another --port")),
        Err(_) => {
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("cannot listen on loopback")
        }
    }
}

/// Waits until the gateway says that it is.
async fn ready(metrics: &str) -> anyhow::Result<()> {
    let client = reqwest::Client::builder().no_proxy().timeout(READY_TIMEOUT).build()?;
    let url = format!("{metrics}/readyz");
    let asked = async {
        loop {
            let answer = client.get(&url).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            tokio::time::sleep(READY_PERIOD).await;
        }
    };
    match tokio::time::timeout(READY_TIMEOUT, asked).await {
        Ok(()) => Ok(()),
        Err(_) => bail!("the gateway was not ready after {} s", READY_TIMEOUT.as_secs()),
    }
}
