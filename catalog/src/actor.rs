//! Who asks for a change.

use std::{fmt, net::IpAddr};

/// Who asks, as the audit and decisions keep it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Actor {
    /// What kind of somebody.
    pub kind: ActorKind,
    /// Who, within the kind: a user's name, a token's name, a part of the product.
    pub name: String,
    /// Where the request came from, when it came over the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
}

/// Kinds of those who can ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ActorKind {
    /// The product itself: what is due, the demo's data.
    System,
    /// Whoever holds the administrator's token.
    Administrator,
}

impl Actor {
    /// A part of the product, such as `expiry`.
    pub fn system(part: &str) -> Self {
        Self { kind: ActorKind::System, name: part.to_owned(), address: None }
    }

    /// Whoever holds the administrator's token.
    pub fn administrator(address: Option<IpAddr>) -> Self {
        Self { kind: ActorKind::Administrator, name: "admin".to_owned(), address }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ActorKind::System => write!(f, "system:{}", self.name),
            ActorKind::Administrator => f.write_str(&self.name),
        }
    }
}
