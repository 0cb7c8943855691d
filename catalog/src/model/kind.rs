//! The kinds of resources.

use std::{fmt, str::FromStr};

/// A kind of resource.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
pub enum Kind {
    /// A business domain.
    Domain,
    /// People who belong together.
    Team,
    /// Somebody who works with the catalog.
    User,
    /// An API token of a user.
    Token,
    /// A backend cluster.
    Cluster,
    /// A hash key.
    Key,
    /// A named document of rules.
    Policy,
    /// A published topic.
    Endpoint,
    /// An offer on an endpoint.
    Plan,
    /// What a team registers to consume.
    Application,
    /// An application's right to one endpoint.
    Subscription,
    /// What proves that a connection is an application's.
    Credential,
}

impl Kind {
    /// All kinds, in an order in which a kind only refers to kinds before it.
    pub const ALL: [Kind; 12] = [
        Kind::Domain,
        Kind::Team,
        Kind::User,
        Kind::Token,
        Kind::Cluster,
        Kind::Key,
        Kind::Policy,
        Kind::Endpoint,
        Kind::Plan,
        Kind::Application,
        Kind::Subscription,
        Kind::Credential,
    ];

    /// As it is written in `kind`.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Domain => "Domain",
            Kind::Team => "Team",
            Kind::User => "User",
            Kind::Token => "Token",
            Kind::Cluster => "Cluster",
            Kind::Key => "Key",
            Kind::Policy => "Policy",
            Kind::Endpoint => "Endpoint",
            Kind::Plan => "Plan",
            Kind::Application => "Application",
            Kind::Subscription => "Subscription",
            Kind::Credential => "Credential",
        }
    }

    /// As it is written in URLs.
    pub const fn plural(self) -> &'static str {
        match self {
            Kind::Domain => "domains",
            Kind::Team => "teams",
            Kind::User => "users",
            Kind::Token => "tokens",
            Kind::Cluster => "clusters",
            Kind::Key => "keys",
            Kind::Policy => "policies",
            Kind::Endpoint => "endpoints",
            Kind::Plan => "plans",
            Kind::Application => "applications",
            Kind::Subscription => "subscriptions",
            Kind::Credential => "credentials",
        }
    }

    /// The kind with this plural, as in URLs.
    pub fn from_plural(plural: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.plural() == plural)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or(())
    }
}
