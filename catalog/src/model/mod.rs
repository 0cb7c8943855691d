//! The nouns, as they are stored and served: one file each. What people write (YAML documents) and
//! what the gateway runs on ([`crate::Snapshot`]) are converted at the edges.

mod application;
mod cluster;
mod credential;
mod endpoint;
mod key;
mod plan;
mod policy;
mod subscription;

pub use application::Application;
pub use cluster::{Cluster, Sasl, SaslMechanism, Security, Tls};
pub use credential::{Credential, ScramKeys, Verifier};
pub use endpoint::{Endpoint, Lifecycle, PayloadFormat};
pub use key::{Key, SecretSource};
pub use plan::{Door, Limits, Plan};
pub use policy::Policy;
pub use subscription::{Subscription, SubscriptionState};
