//! The nouns, as they are stored and served: one file each. What people write (YAML documents) and
//! what the gateway runs on ([`crate::Snapshot`]) are converted at the edges.

mod application;
mod cluster;
mod credential;
mod endpoint;
mod key;
mod kind;
pub mod name;
mod plan;
mod policy;
mod resource;
mod subscription;

pub use application::Application;
pub use cluster::{Cluster, Sasl, SaslMechanism, Security, Tls};
pub use credential::{Credential, ScramKeys, Verifier};
pub use endpoint::{Endpoint, Lifecycle, PayloadFormat};
pub use key::{Key, SecretSource};
pub use kind::Kind;
pub use plan::{Door, Limits, Plan, parse_replay_window};
pub use policy::Policy;
pub use resource::{API_VERSION, Export, Metadata, Resource, Spec};
pub(crate) use resource::{CLUSTER_PASSWORD, CLUSTER_TLS_KEY, KEY_SECRET};
pub use subscription::{Subscription, SubscriptionState};
