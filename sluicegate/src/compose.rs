//! The composition root: puts the parts together in order and runs them until shutdown. Decides
//! nothing itself.

mod doors;
mod expiry;
mod health;
pub mod kafka;
mod numbers;
mod provider;
mod sinks;
mod tls;
mod tokens;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use catalog::activity::{Activity, Trail};
use catalog::store::{PostgresStore, SqliteStore, Store};
use catalog::{Catalog, MasterKey, Secrets};
use gateway::gateway::{Gateway, GatewayConfig, Listeners};
use gateway::http::{AdminHandler, BodyError, BoxBody};
use gateway::kafka::SessionConfig;
use gateway::listener::ListenerConfig;
use gateway::metrics::Metrics;
use gateway::quota::{Shared, SharedConfig};
use gateway::tail::TailConfig;
use gateway::upstream::inspect::Inspector;
use http_body_util::BodyExt;
use portal::connect::Doors;
use portal::{AdminToken, DemoUser, PortalState, Way};
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_service::Service;

use crate::config::Config;
use crate::traces;
use numbers::Numbers;

/// This replica's name in the activity: with SQLite there is one.
const REPLICA: &str = "replica-1";

/// Bytes of an admin token file that are looked at.
const TOKEN_BYTES_MAX: u64 = 4096;

/// What is put together: everything that can fail before serving has succeeded.
pub struct Parts {
    /// The listener of the doors.
    pub http: TcpListener,
    /// The listeners of the Kafka door.
    pub kafka: Vec<kafka::Bound>,
    /// The listener of health and metrics.
    pub metrics: TcpListener,
    /// A listener of its own for the REST API.
    pub admin: Option<TcpListener>,
    /// The catalog.
    pub catalog: Catalog,
    /// The admin token, if there is one.
    pub admin_token: Option<String>,
    /// The configuration.
    pub config: Config,
    /// Users that everybody may be: the demo's.
    pub demo: Vec<DemoUser>,
}

impl Parts {
    /// Opens and binds what the configuration names.
    ///
    /// # Errors
    /// What cannot be opened or bound, and why.
    pub async fn open(config: Config) -> anyhow::Result<Self> {
        let admin_token = config.admin.token_file.as_deref().map(read_token).transpose()?;
        let catalog = open_catalog(&config).await?;
        let http = bind("http.listen", config.http.listen).await?;
        let kafka = kafka::bind(&config).await?;
        let metrics = bind("metrics.listen", config.metrics.listen).await?;
        let admin = match config.admin.listen {
            Some(address) => Some(bind("admin.listen", address).await?),
            None => None,
        };
        Ok(Self { http, kafka, metrics, admin, catalog, admin_token, config, demo: Vec::new() })
    }
}

/// Opens the catalog of a configuration.
///
/// # Errors
/// The store's or the master key's.
pub async fn open_catalog(config: &Config) -> anyhow::Result<Catalog> {
    let master = config.secrets.master_key_file.as_deref().map(MasterKey::read_or_create);
    let secrets = Secrets::new(master.transpose().context("secrets.master_key_file")?);
    let catalog = Catalog::with_store(open_store(config).await?, secrets).await?;
    catalog.serve_stale(config.store.stale());
    Ok(catalog)
}

/// Opens the store of a configuration.
///
/// # Errors
/// Why it cannot be opened.
pub async fn open_store(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    if let Some(file) = &config.store.postgres_url_file {
        let url = read_secret(file, "store.postgres_url_file")?;
        let store = PostgresStore::open(&url).await;
        return Ok(Arc::new(store.context("cannot open the catalog's database")?));
    }
    let path = &config.store.path;
    let opened = SqliteStore::open(path).await;
    Ok(Arc::new(opened.with_context(|| format!("cannot open the catalog {}", path.display()))?))
}

/// Runs the parts until `shutdown`, then drains. Returns whether every stream ended in time.
///
/// # Errors
/// What cannot be built from the configuration.
pub async fn start(parts: Parts, shutdown: impl Future<Output = ()>) -> anyhow::Result<bool> {
    let Parts { http, kafka, metrics, admin, catalog, admin_token, config, demo } = parts;
    let tls = config.http.tls.as_ref().map(tls::http).transpose()?;
    let kafka = kafka::listeners(kafka, &config)?;
    let mut registry = Registry::default();
    let counters = Metrics::register(&mut registry);
    let file = config.store.activity();
    let replica = replica_name();
    let trail = Trail::start(catalog.clone(), &replica);
    let (activity, sink) =
        Activity::open_audited(&file, REPLICA, Some(Arc::clone(&trail)))
            .await
            .with_context(|| format!("cannot open the activity {}", file.display()))?;
    let inspector = Inspector::new(catalog.subscribe(), counters.clone());
    let limits = shared_limits(&config, &replica)?;
    let gateway = GatewayConfig { limits: limits.clone(), ..gateway_config(&config)? };
    let gateway = Gateway::build(gateway, catalog.subscribe(), counters, sink);
    let gateway = Arc::new(gateway);
    let expiry = tokio::spawn(expiry::run(catalog.clone()));
    let stale = (catalog.clone(), config.store.stale());
    let doors = doors::told(&config, http.local_addr()?, &kafka);
    let sending = sinks::start(&config, &catalog, &replica)?;
    let statuses: Arc<[_]> = sending.iter().map(|sink| Arc::clone(&sink.status)).collect();
    let mut numbers = Numbers::of_audit(&catalog, trail, &statuses);
    numbers.add_limits(limits.clone());
    let portal = match admin_token.is_some() || config.admin.is_on() {
        true => {
            let state = portal_state(catalog, admin_token.as_deref(), doors, &config)?;
            let state = state.with_inspector(inspector).with_activity(activity.clone());
            let state = state.with_demo(demo).with_settings(config.settings());
            numbers.add_refused(state.refused());
            let routes = portal::router(state);
            Some(routes.layer(axum::middleware::from_fn(traces::of_request)))
        }
        false => None,
    };
    numbers.register(&mut registry);
    let (stopped, stop) = watch::channel(false);
    let health = {
        let more = Arc::new(move || {
            let sinks = statuses.iter().map(|sink| sink.words());
            sinks.chain(limits.iter().map(|limits| limits.words())).collect()
        });
        health::router(Arc::clone(&gateway), stale, more, Arc::new(registry))
    };
    let beside = tokio::spawn(serve_beside(metrics, health, stop.clone()));
    let (own, mounted) = match admin {
        Some(listener) => {
            let routes = portal.unwrap_or_default();
            (Some(tokio::spawn(serve_beside(listener, routes, stop))), None)
        }
        None => (None, portal.map(mount)),
    };
    for listener in &kafka {
        tracing::info!(kafka = %listener.socket.local_addr()?, "serving");
    }
    tracing::info!(http = %http.local_addr()?, tls = tls.is_some(), "serving");
    let listeners = Listeners { http, tls, admin: mounted, kafka };
    let in_time = gateway.serve(listeners, shutdown).await?;
    activity.finish().await;
    // Health answers until the streams have ended; its own connections are not waited for.
    let _ = stopped.send(true);
    for task in [Some(beside), Some(expiry), own].into_iter().flatten() {
        task.abort();
    }
    for sink in sending {
        sink.stop().await;
    }
    Ok(in_time)
}

/// This process's name among replicas: of its machine, and another with each start.
fn replica_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host: String = host.trim().chars().filter(char::is_ascii_graphic).take(64).collect();
    let host = if host.is_empty() { "replica" } else { &host };
    format!("{host}-{:08x}", rand::random::<u32>())
}

fn gateway_config(config: &Config) -> anyhow::Result<GatewayConfig> {
    let bytes = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    let count = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
    Ok(GatewayConfig {
        tail: TailConfig {
            memory_bytes: bytes(config.tail.memory()),
            partition_bytes: bytes(config.tail.partition_bytes),
            linger: Duration::from_secs(config.tail.linger_seconds),
        },
        listener: ListenerConfig {
            connections_max: count(config.limits.connections),
            connections_per_ip_max: count(config.limits.connections_per_ip),
            drain_timeout: Duration::from_secs(config.limits.drain_seconds),
        },
        kafka: SessionConfig { lifetime: Duration::from_secs(config.limits.kafka_login_seconds) },
        tokens: tokens::start(&config.identity)?,
        limits: None,
    })
}

/// Begins to share limits, where that is configured. A Redis that is away keeps nothing from
/// starting.
fn shared_limits(config: &Config, replica: &str) -> anyhow::Result<Option<Arc<Shared>>> {
    let Some(redis) = &config.limits.redis else { return Ok(None) };
    let url = match (&redis.url, &redis.url_file) {
        (_, Some(file)) => read_secret(file, "limits.redis.url_file")?,
        (url, None) => url.clone().unwrap_or_default(),
    };
    let (replica, replicas_min) = (replica.to_owned(), redis.replicas);
    let shared = Shared::start(&SharedConfig { url, replica, replicas_min });
    Ok(Some(shared.map_err(|wrong| anyhow::anyhow!("limits.redis: {wrong}"))?))
}

fn portal_state(
    catalog: Catalog,
    token: Option<&str>,
    doors: Doors,
    config: &Config,
) -> anyhow::Result<PortalState> {
    let token = token.map(AdminToken::new).transpose()?;
    let provider = provider::start(config)?;
    let notify = &config.notify;
    let mail = notify.mail.as_ref().map(|_| Way::Mail);
    let ways = mail.into_iter().chain(notify.webhook.as_ref().map(|_| Way::Webhook)).collect();
    Ok(PortalState::new(catalog, token, doors, provider).with_ways(ways))
}

/// The REST API as what answers everything that the doors do not know.
fn mount(router: axum::Router) -> AdminHandler {
    Arc::new(move |request| {
        let mut router = router.clone();
        Box::pin(async move {
            let response = match router.call(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            response.map(|body| -> BoxBody { body.map_err(BodyError::from).boxed_unsync() })
        })
    })
}

async fn serve_beside(
    listener: TcpListener,
    routes: axum::Router,
    mut stop: watch::Receiver<bool>,
) {
    let stopped = async move {
        // A sender that is gone has stopped too.
        let _ = stop.wait_for(|stopped| *stopped).await;
    };
    let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, routes).with_graceful_shutdown(stopped);
    if let Err(error) = served.await {
        tracing::error!(%error, "a listener ended");
    }
}

async fn bind(key: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind(address).await;
    bound.with_context(|| format!("{key}: cannot listen on {address}"))
}

fn read_token(path: &Path) -> anyhow::Result<String> {
    read_secret(path, "admin.token_file")
}

fn read_secret(path: &Path, key: &str) -> anyhow::Result<String> {
    use std::io::Read;
    let read = || {
        let mut text = String::new();
        std::fs::File::open(path)?.take(TOKEN_BYTES_MAX).read_to_string(&mut text)?;
        std::io::Result::Ok(text.trim().to_owned())
    };
    read().with_context(|| format!("{key}: cannot read {}", path.display()))
}
