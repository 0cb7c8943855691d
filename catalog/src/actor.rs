//! Who asks for a change.

use std::{fmt, net::IpAddr};

use crate::people::{Person, Rights};

/// Who asks, as the audit and decisions keep it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Actor {
    /// What kind of somebody.
    pub kind: ActorKind,
    /// Who, within the kind: a user's name, a token's name, a part of the product.
    pub name: String,
    /// Where the request came from, when it came over the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// The API token by which they came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// What they may do. Not kept: it is as it is when they ask.
    #[serde(skip)]
    pub rights: Rights,
}

/// Kinds of those who can ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ActorKind {
    /// The product itself: what is due, the demo's data.
    System,
    /// Whoever holds the administrator's token.
    Administrator,
    /// A user.
    User,
    /// An application, with a credential of its own, at a door.
    Application,
    /// Somebody who is not known.
    Anonymous,
}

impl Actor {
    /// A part of the product, such as `expiry`.
    pub fn system(part: &str) -> Self {
        let rights = Rights::everything();
        Self { kind: ActorKind::System, name: part.to_owned(), address: None, token: None, rights }
    }

    /// Whoever holds the administrator's token.
    pub fn administrator(address: Option<IpAddr>) -> Self {
        let (kind, name) = (ActorKind::Administrator, "admin".to_owned());
        Self { kind, name, address, token: None, rights: Rights::everything() }
    }

    /// A person, by themselves or by a token of theirs.
    pub fn person(person: Person, token: Option<String>, address: Option<IpAddr>) -> Self {
        let name = person.user.clone();
        Self { kind: ActorKind::User, name, address, token, rights: Rights::of(person) }
    }

    /// An application at a door: has no rights over the catalog.
    pub fn application(name: &str, address: Option<IpAddr>) -> Self {
        let (kind, name) = (ActorKind::Application, name.to_owned());
        Self { kind, name, address, token: None, rights: Rights::default() }
    }

    /// Somebody who says to be a user and may not be: has no rights.
    pub fn anonymous(said: &str, address: Option<IpAddr>) -> Self {
        let (kind, name) = (ActorKind::Anonymous, said.to_owned());
        Self { kind, name, address, token: None, rights: Rights::default() }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ActorKind::System => write!(f, "system:{}", self.name),
            ActorKind::Administrator => f.write_str(&self.name),
            ActorKind::User => write!(f, "user:{}", self.name),
            ActorKind::Application => write!(f, "application:{}", self.name),
            ActorKind::Anonymous => write!(f, "anonymous:{}", self.name),
        }
    }
}
