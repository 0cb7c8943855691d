//! A large catalog in a SQLite file, made once for a run.

use std::sync::Arc;

use anyhow::Result;
use catalog::store::{SqliteStore, Store};
use catalog::{Actor, ApplyOptions, Catalog, Document, MasterKey, Secrets};
use serde_json::{Value, json};
use tempfile::TempDir;

/// What there is.
pub const ENDPOINTS: usize = 10_000;
pub const APPLICATIONS: usize = 1_000;
pub const SUBSCRIPTIONS: usize = 50_000;
/// Documents of one apply.
const AT_ONCE: usize = 5_000;
/// Policies that plans share.
const POLICIES: usize = 20;

/// Words that names and descriptions are made of.
const WORDS: [&str; 40] = [
    "order", "invoice", "payment", "parcel", "customer", "account", "balance", "ledger", "sensor",
    "reading", "meter", "device", "alarm", "claim", "policy", "premium", "quote", "booking",
    "flight", "seat", "baggage", "crew", "roster", "shift", "salary", "contract", "supplier",
    "stock", "shelf", "price", "discount", "basket", "checkout", "refund", "return", "review",
    "rating", "session", "click", "search",
];

/// The store with its files.
pub struct World {
    folder: TempDir,
    /// The store.
    pub store: Arc<dyn Store>,
    /// The catalog.
    pub catalog: Catalog,
}

impl World {
    /// Fills a new store.
    ///
    /// # Errors
    /// When it cannot be filled.
    pub async fn make() -> Result<Self> {
        let folder = TempDir::new()?;
        let secrets = Secrets::new(Some(MasterKey::read_or_create(&folder.path().join("key"))?));
        let store: Arc<dyn Store> =
            Arc::new(SqliteStore::open(&folder.path().join("catalog.db")).await?);
        let catalog = Catalog::with_store(Arc::clone(&store), secrets).await?;
        for part in documents().chunks(AT_ONCE) {
            let text = Value::from(part.to_vec()).to_string();
            let documents = Document::parse_json("world", &text);
            let documents = documents.map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
            catalog.apply(&Actor::system("bench"), &documents, ApplyOptions::default()).await?;
        }
        Ok(Self { folder, store, catalog })
    }

    /// Environment of a gateway that serves it.
    pub fn environment(&self) -> Vec<(String, String)> {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        vec![
            ("SLUICEGATE__STORE__PATH".to_owned(), path("catalog.db")),
            ("SLUICEGATE__SECRETS__MASTER_KEY_FILE".to_owned(), path("key")),
        ]
    }
}

fn document(kind: &str, name: &str, spec: &Value) -> Value {
    let metadata = json!({ "name": name });
    json!({ "apiVersion": "sluicegate/v1", "kind": kind, "metadata": metadata, "spec": spec })
}

fn word(at: usize) -> &'static str {
    WORDS.get(at % WORDS.len()).copied().unwrap_or_default()
}

/// An endpoint with a schema of some twenty fields.
pub fn endpoint(at: usize) -> Value {
    let (one, two, three) = (word(at), word(at / 7 + 3), word(at / 31 + 11));
    let fields = (0..20).map(|field| {
        let name = format!("{}{field}", word(at + field * 5));
        (name, json!({ "type": "string", "description": format!("The {one} of the {two}.") }))
    });
    json!({
        "cluster": "main", "topic": format!("{one}.{two}.{at}"),
        "title": format!("{one} {two} {three}"),
        "description": format!("Every {one} of each {two}, as the {three} has it."),
        "owner": format!("team-{}", at % 50), "domain": word(at / 100),
        "tags": [one, format!("tag-{}", at % 30)],
        "schema": { "type": "jsonSchema", "definition": {
            "type": "object", "properties": serde_json::Map::from_iter(fields),
        } },
    })
}

fn documents() -> Vec<Value> {
    let mut all =
        vec![document("Cluster", "main", &json!({ "bootstrapServers": ["127.0.0.1:9"] }))];
    for at in 0..POLICIES {
        let rules = json!({ "rules": [{ "mask": { "path": format!("$.{}0", word(at)) } }] });
        all.push(document("Policy", &format!("policy-{at}"), &rules));
    }
    for at in 0..ENDPOINTS {
        all.push(document("Endpoint", &format!("endpoint-{at}"), &endpoint(at)));
        let plan = json!({
            "endpoint": format!("endpoint-{at}"), "policies": [format!("policy-{}", at % POLICIES)],
        });
        all.push(document("Plan", &format!("plan-{at}"), &plan));
    }
    for at in 0..APPLICATIONS {
        let owner = json!({ "owner": format!("team-{}", at % 50) });
        all.push(document("Application", &format!("application-{at}"), &owner));
    }
    for at in 0..SUBSCRIPTIONS {
        // Each application has fifty endpoints, each endpoint five applications.
        let (application, endpoint) = (at % APPLICATIONS, (at * 7) % ENDPOINTS);
        let endpoint = (endpoint + at / ENDPOINTS) % ENDPOINTS;
        let spec = json!({
            "application": format!("application-{application}"),
            "endpoint": format!("endpoint-{endpoint}"), "plan": format!("plan-{endpoint}"),
        });
        all.push(document("Subscription", &format!("subscription-{at}"), &spec));
    }
    all
}
