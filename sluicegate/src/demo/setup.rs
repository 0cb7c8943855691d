//! The demo's catalog: applied as everybody applies, and what came of it for whom.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use catalog::model::Kind;
use catalog::{
    Actor, Applied, ApplyError, ApplyOptions, Catalog, Document, EndpointDetails, EndpointMove,
    IssuedSecret, MasterKey, Problem, Secrets,
};
use serde_json::Value;
use time::OffsetDateTime;

use super::data::ORDERS;

const DOCUMENTS: &str = include_str!("catalog.yaml");
/// The endpoint that is offered no longer.
const LEGACY: &str = "orders-legacy";
const SUNSET_AFTER: Duration = Duration::from_secs(45 * 24 * 60 * 60);

/// A subscription with all that its reader needs.
#[derive(serde::Serialize)]
pub(super) struct Subscription {
    pub(super) application: String,
    pub(super) endpoint: String,
    pub(super) plan: String,
    pub(super) url: String,
    /// The same on a WebSocket.
    pub(super) websocket: String,
    /// The `Authorization` header's value.
    pub(super) authorization: String,
    pub(super) curl: String,
    /// Reads the endpoint with kcat.
    pub(super) kcat: String,
    /// Reads the endpoint with Python and confluent-kafka.
    pub(super) python: String,
}

/// Opens a catalog in a folder and applies the demo's documents.
pub(super) async fn catalog(folder: &Path, bootstrap: &str) -> anyhow::Result<(Catalog, Applied)> {
    let master = MasterKey::new(&rand::random())?;
    let catalog = Catalog::open(&folder.join("catalog.db"), Secrets::new(Some(master))).await?;
    let text = DOCUMENTS.replace("${BOOTSTRAP}", bootstrap);
    let documents = Document::parse_yaml("catalog.yaml", &text).map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(Problem::to_string).collect();
        anyhow!("the demo's documents: {}", lines.join("\n"))
    })?;
    let applied = catalog.apply(&Actor::system("demo"), &documents, ApplyOptions::default()).await;
    let applied = applied.map_err(|error: ApplyError| anyhow!("the demo's documents: {error}"))?;
    retire_soon(&catalog).await?;
    if let Some(problem) = catalog.snapshot().problems.first() {
        bail!("the demo's catalog: {problem}");
    }
    Ok((catalog, applied))
}

/// The old address of the orders goes in some weeks.
async fn retire_soon(catalog: &Catalog) -> anyhow::Result<()> {
    let sunset = (OffsetDateTime::now_utc() + SUNSET_AFTER).date();
    let details = EndpointDetails { sunset: Some(sunset), successor: Some(ORDERS.to_owned()) };
    let actor = Actor::system("demo");
    let moved = catalog.move_endpoint(&actor, LEGACY, EndpointMove::Deprecate, details).await;
    moved.map(drop).map_err(|error| anyhow!("the demo's documents: {error}"))
}

/// The live subscriptions in the order of the documents, which begins with the two worth comparing.
pub(super) fn subscriptions(
    catalog: &Catalog,
    applied: &Applied,
    doors: (&str, SocketAddr),
) -> anyhow::Result<Vec<Subscription>> {
    let made = applied.resources.iter();
    made.filter(|resource| resource.kind == Kind::Subscription && is_live(catalog, &resource.name))
        .map(|resource| subscription(catalog, applied, doors, &resource.name))
        .collect()
}

/// Whether it waits for nobody.
fn is_live(catalog: &Catalog, name: &str) -> bool {
    let found = catalog.find(Kind::Subscription, name);
    found.is_some_and(|found| found.spec.get("state").and_then(Value::as_str) == Some("active"))
}

fn subscription(
    catalog: &Catalog,
    applied: &Applied,
    (http, kafka): (&str, SocketAddr),
    name: &str,
) -> anyhow::Result<Subscription> {
    let found = catalog.find(Kind::Subscription, name);
    let spec = found.with_context(|| format!("no subscription {name}"))?.spec;
    let member = |member: &str| {
        let text = spec.get(member).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let (application, endpoint) = (member("application"), member("endpoint"));
    let mut issued = applied.secrets.iter();
    let issued = issued.find(|issued| issued.holder == application);
    let issued = issued.with_context(|| format!("no credential for {application}"))?;
    let authorization = format!("Bearer {}", issued.secret.expose());
    let url = format!("{http}/v1/endpoints/{endpoint}/events?from=earliest");
    Ok(Subscription {
        plan: member("plan"),
        curl: format!("curl -N -H 'Authorization: {authorization}' '{url}'"),
        kcat: kcat(kafka, issued, &endpoint),
        python: python(kafka, issued, &endpoint),
        application,
        endpoint,
        websocket: url.replacen("http", "ws", 1),
        url,
        authorization,
    })
}

/// Reads from the beginning, and goes on.
fn kcat(kafka: SocketAddr, issued: &IssuedSecret, endpoint: &str) -> String {
    let (user, secret) = (&issued.name, issued.secret.expose());
    format!(
        "kcat -b {kafka} -X security.protocol=SASL_PLAINTEXT -X sasl.mechanism=SCRAM-SHA-256 \
         -X sasl.username={user} -X sasl.password={secret} -C -u -t {endpoint} -o beginning"
    )
}

/// The same as one line of Python, in a consumer group.
fn python(kafka: SocketAddr, issued: &IssuedSecret, endpoint: &str) -> String {
    let (user, secret) = (&issued.name, issued.secret.expose());
    let settings = [
        ("bootstrap.servers", kafka.to_string()),
        ("security.protocol", "SASL_PLAINTEXT".to_owned()),
        ("sasl.mechanism", "SCRAM-SHA-256".to_owned()),
        ("sasl.username", user.clone()),
        ("sasl.password", secret.to_owned()),
        ("group.id", "demo".to_owned()),
        ("auto.offset.reset", "earliest".to_owned()),
    ];
    let settings: Vec<_> =
        settings.iter().map(|(key, value)| format!("\"{key}\": \"{value}\"")).collect();
    let settings = settings.join(", ");
    format!(
        "python3 -c 'from confluent_kafka import Consumer; \
         c = Consumer({{{settings}}}); c.subscribe([\"{endpoint}\"]); \
         [print(m.error() or m.value().decode(), flush=True) \
         for m in iter(lambda: c.poll(3600), None)]'"
    )
}
