//! A small snapshot for the tests of this crate: one application with a credential, subscribed to
//! one endpoint. Each test changes what it is about.

use std::collections::HashMap;
use std::sync::Arc;

use catalog::model::{Credential, Door, Verifier};
use catalog::{Grant, ResolvedCluster, ResolvedEndpoint, Snapshot};
use policies::{Chain, CompileContext, Rule, compile};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Permit, decide};
use crate::authn::Principal;

/// The credential's secret.
pub const SECRET: &str = "slg_c1_0123456789";

/// What the snapshot is made of.
pub struct Sample {
    /// Of the credential `c1` of the application `app`.
    pub credential: Credential,
    /// Of the subscription `sub`.
    pub subscription: Value,
    /// Of the plan `basic`.
    pub plan: Value,
    /// Of the endpoint `orders`, whose address is `public-orders`.
    pub endpoint: Value,
    /// The plan's chain.
    pub chain: Result<Arc<Chain>, String>,
}

impl Default for Sample {
    fn default() -> Self {
        let verifier = Verifier { sha256: Sha256::digest(SECRET).into(), ..Verifier::default() };
        Self {
            credential: Credential { application: "app".into(), verifier, ..Credential::default() },
            subscription: json!({
                "application": "app", "endpoint": "orders", "plan": "basic", "state": "active",
            }),
            plan: json!({"endpoint": "orders"}),
            endpoint: json!({
                "cluster": "main",
                "topic": "t",
                "address": "public-orders",
                "lifecycle": "published",
            }),
            chain: Ok(Arc::new(Chain::empty())),
        }
    }
}

impl Sample {
    /// The snapshot.
    pub fn snapshot(&self) -> Snapshot {
        let endpoint = Arc::new(ResolvedEndpoint {
            name: "orders".into(),
            spec: serde_json::from_value(self.endpoint.clone()).expect("a valid sample"),
        });
        let cluster = Arc::new(ResolvedCluster {
            name: "main".into(),
            spec: serde_json::from_value(json!({"bootstrapServers": ["localhost:1"]}))
                .expect("a valid sample"),
            sasl_password: None,
            tls_key: None,
        });
        let grant = Grant {
            name: "sub".into(),
            subscription: serde_json::from_value(self.subscription.clone())
                .expect("a valid sample"),
            plan: serde_json::from_value(self.plan.clone()).expect("a valid sample"),
            endpoint: Arc::clone(&endpoint),
            cluster: Arc::clone(&cluster),
            replay_window: None,
            chain: self.chain.clone(),
        };
        let grants = HashMap::from([("orders".into(), Arc::new(grant))]);
        Snapshot {
            clusters: HashMap::from([("main".to_owned(), cluster)]),
            endpoints: Arc::new(HashMap::from([("public-orders".into(), endpoint)])),
            applications: Arc::new(HashMap::from([("app".into(), Arc::default())])),
            credentials: Arc::new(HashMap::from([(
                "c1".into(),
                Arc::new(self.credential.clone()),
            )])),
            grants: HashMap::from([("app".into(), Arc::new(grants))]),
            ..Snapshot::default()
        }
    }

    /// The permit to read Server-Sent Events.
    pub fn permit(&self) -> Permit {
        decide(&self.snapshot(), &principal(), "public-orders", Door::Sse).expect("a valid sample")
    }
}

/// The application, by its credential.
pub fn principal() -> Arc<Principal> {
    Arc::new(Principal::new("app", "c1", None))
}

/// The chain of these rules.
pub fn chain(rules: Value) -> Result<Arc<Chain>, String> {
    let rules: Vec<Rule> = serde_json::from_value(rules).expect("a valid sample");
    Ok(Arc::new(compile(&rules, &CompileContext::default()).expect("a valid sample")))
}
