//! A resource as it is held in memory: one noun with its labels.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{
    Application, Cluster, Credential, Domain, Endpoint, Key, Kind, Plan, Policy, Proof,
    SecretSource, Subscription, Team, Token, User,
};

/// What every document opens with.
pub const API_VERSION: &str = "sluicegate/v1";

/// A resource without its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Free labels of `metadata`.
    pub labels: BTreeMap<String, String>,
    /// The noun.
    pub spec: Spec,
}

/// One of the nouns, shared with the snapshots that are made of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Spec {
    /// A business domain.
    Domain(Arc<Domain>),
    /// A team.
    Team(Arc<Team>),
    /// A user.
    User(Arc<User>),
    /// An API token.
    Token(Arc<Token>),
    /// A backend cluster.
    Cluster(Arc<Cluster>),
    /// A hash key.
    Key(Arc<Key>),
    /// A policy.
    Policy(Arc<Policy>),
    /// An endpoint.
    Endpoint(Arc<Endpoint>),
    /// A plan.
    Plan(Arc<Plan>),
    /// An application.
    Application(Arc<Application>),
    /// A subscription.
    Subscription(Arc<Subscription>),
    /// A credential.
    Credential(Arc<Credential>),
}

impl Spec {
    /// Which kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Spec::Domain(_) => Kind::Domain,
            Spec::Team(_) => Kind::Team,
            Spec::User(_) => Kind::User,
            Spec::Token(_) => Kind::Token,
            Spec::Cluster(_) => Kind::Cluster,
            Spec::Key(_) => Kind::Key,
            Spec::Policy(_) => Kind::Policy,
            Spec::Endpoint(_) => Kind::Endpoint,
            Spec::Plan(_) => Kind::Plan,
            Spec::Application(_) => Kind::Application,
            Spec::Subscription(_) => Kind::Subscription,
            Spec::Credential(_) => Kind::Credential,
        }
    }

    /// Reads the noun of a kind with any deserializer.
    ///
    /// # Errors
    /// The deserializer's.
    pub fn deserialize<'de, D>(kind: Kind, from: D) -> Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        use serde::Deserialize as De;
        Ok(match kind {
            Kind::Domain => Spec::Domain(De::deserialize(from)?),
            Kind::Team => Spec::Team(De::deserialize(from)?),
            Kind::User => Spec::User(De::deserialize(from)?),
            Kind::Token => Spec::Token(De::deserialize(from)?),
            Kind::Cluster => Spec::Cluster(De::deserialize(from)?),
            Kind::Key => Spec::Key(De::deserialize(from)?),
            Kind::Policy => Spec::Policy(De::deserialize(from)?),
            Kind::Endpoint => Spec::Endpoint(De::deserialize(from)?),
            Kind::Plan => Spec::Plan(De::deserialize(from)?),
            Kind::Application => Spec::Application(De::deserialize(from)?),
            Kind::Subscription => Spec::Subscription(De::deserialize(from)?),
            Kind::Credential => Spec::Credential(De::deserialize(from)?),
        })
    }

    /// The noun as JSON, as it is stored and exported. Holds no secret and no verifier.
    ///
    /// # Errors
    /// When a value has no JSON form.
    pub fn to_json(&self) -> Result<Value, serde_json::Error> {
        match self {
            Spec::Domain(spec) => serde_json::to_value(spec),
            Spec::Team(spec) => serde_json::to_value(spec),
            Spec::User(spec) => serde_json::to_value(spec),
            Spec::Token(spec) => serde_json::to_value(spec),
            Spec::Cluster(spec) => serde_json::to_value(spec),
            Spec::Key(spec) => serde_json::to_value(spec),
            Spec::Policy(spec) => serde_json::to_value(spec),
            Spec::Endpoint(spec) => serde_json::to_value(spec),
            Spec::Plan(spec) => serde_json::to_value(spec),
            Spec::Application(spec) => serde_json::to_value(spec),
            Spec::Subscription(spec) => serde_json::to_value(spec),
            Spec::Credential(spec) => serde_json::to_value(spec),
        }
    }

    /// What a password or a token is checked against.
    pub(crate) fn proof(&self) -> Option<&Proof> {
        match self {
            Spec::User(user) => user.password.as_ref(),
            Spec::Token(token) => token.digest.as_ref(),
            _ => None,
        }
    }

    /// Puts what a password or a token is checked against into its place.
    pub(crate) fn set_proof(&mut self, proof: Option<Proof>) {
        match self {
            Spec::User(user) => Arc::make_mut(user).password = proof,
            Spec::Token(token) => Arc::make_mut(token).digest = proof,
            _ => {}
        }
    }

    /// The secret sources that the noun names, with the member (inside `spec`) that names each.
    pub fn secret_sources(&self) -> Vec<(&'static str, &SecretSource)> {
        match self {
            Spec::Key(key) => vec![(KEY_SECRET, &key.secret_from)],
            Spec::Cluster(cluster) => {
                let sasl = cluster.security.sasl.as_ref();
                let tls = cluster.security.tls.as_ref();
                let password = sasl.map(|sasl| (CLUSTER_PASSWORD, &sasl.password_from));
                let key = tls.and_then(|tls| Some((CLUSTER_TLS_KEY, tls.key_from.as_ref()?)));
                password.into_iter().chain(key).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Where a key's secret is named.
pub(crate) const KEY_SECRET: &str = "secretFrom";
/// Where a cluster's password is named.
pub(crate) const CLUSTER_PASSWORD: &str = "security.sasl.passwordFrom";
/// Where a cluster's TLS key is named.
pub(crate) const CLUSTER_TLS_KEY: &str = "security.tls.keyFrom";

/// A resource as people read it back: what was applied, without secrets.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Export {
    /// Always [`API_VERSION`].
    pub api_version: &'static str,
    /// The kind.
    pub kind: Kind,
    /// Name and labels.
    pub metadata: Metadata,
    /// The noun.
    pub spec: Value,
}

/// What every resource has beside its noun.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// Unique within the kind.
    pub name: String,
    /// Free labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}
