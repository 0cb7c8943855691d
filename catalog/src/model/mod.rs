//! The nouns, as they are stored and served: one file each. What people write (YAML documents) and
//! what the gateway runs on ([`crate::Snapshot`]) are converted at the edges.

mod application;
mod certificate;
mod cluster;
mod credential;
mod distinguished_name;
mod endpoint;
mod json_text;
mod key;
mod kind;
pub mod name;
mod plan;
pub(crate) mod policy;
mod resource;
mod subscription;
mod team;
mod user;

pub use application::Application;
pub use certificate::CertificateName;
pub use cluster::{Cluster, Sasl, SaslMechanism, Security, Tls};
pub use credential::{Credential, CredentialKind, OAuthClient, ScramKeys, Verifier};
pub use distinguished_name::DistinguishedName;
pub(crate) use endpoint::parse_day;
pub use endpoint::{
    Classification, Contact, Direction, Endpoint, License, Lifecycle, PayloadFormat, Sample,
    Schema, SchemaKind, Version, VersionError, check_origin,
};
pub use json_text::JsonText;
pub use key::{Key, SecretSource};
pub use kind::Kind;
pub use plan::{Approval, Door, Limits, Plan, parse_replay_window};
pub use policy::{Policy, PolicyReference, PolicyVersion};
pub use resource::{API_VERSION, Export, Metadata, Resource, Spec};
pub(crate) use resource::{CLUSTER_PASSWORD, CLUSTER_TLS_KEY, KEY_SECRET};
pub use subscription::{Decision, Subscription, SubscriptionState};
pub use team::{Domain, Team};
pub use user::{Login, Proof, Token, User};
