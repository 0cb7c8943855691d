//! Roles, the scopes of API tokens, and what can be asked for.

use std::fmt;

/// What somebody is to the catalog.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// May do everything.
    Admin,
    /// Runs clusters and gateways.
    Operator,
    /// Publishes their teams' endpoints and decides who gets them.
    Owner,
    /// Writes policies and keys, and can stop any subscription.
    SecurityOfficer,
    /// Sees everything and changes nothing.
    Auditor,
    /// Finds endpoints and subscribes their teams' applications.
    Developer,
}

impl Role {
    /// All roles, in the order of the columns of [`super::VERDICTS`].
    pub const ALL: [Role; 6] = [
        Role::Admin,
        Role::Operator,
        Role::Owner,
        Role::SecurityOfficer,
        Role::Auditor,
        Role::Developer,
    ];

    /// As it is written in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Operator => "operator",
            Role::Owner => "owner",
            Role::SecurityOfficer => "securityOfficer",
            Role::Auditor => "auditor",
            Role::Developer => "developer",
        }
    }

    /// The role of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How far an API token goes; never further than its user.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// See resources.
    Read,
    /// Apply and delete resources that are not about people.
    Write,
    /// Decide about subscriptions, move endpoints along, and write to their subscribers.
    Decide,
    /// Read the audit.
    Audit,
    /// Apply and delete users, teams and tokens.
    People,
    /// Read a few records of a topic, to look at them.
    Records,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Scope; 6] =
        [Scope::Read, Scope::Write, Scope::Decide, Scope::Audit, Scope::People, Scope::Records];

    /// As it is written in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Write => "write",
            Scope::Decide => "decide",
            Scope::Audit => "audit",
            Scope::People => "people",
            Scope::Records => "records",
        }
    }
}

/// What can be asked of the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// See a resource.
    Read,
    /// Make a resource, or change it by a document.
    Write,
    /// Delete a resource.
    Delete,
    /// Approve, reject, suspend, resume or re-certify a subscription, or set its terms.
    Decide,
    /// End a subscription or a credential.
    Revoke,
    /// Publish, withdraw, deprecate or retire an endpoint.
    Move,
    /// Write to the subscribers of an endpoint.
    Message,
    /// Read events as a subscription's application.
    Consume,
    /// Give a user another password.
    SetPassword,
    /// See what secrets are checked against.
    ExportVerifiers,
    /// Read the audit.
    ReadAudit,
    /// See how the server is configured.
    ReadSettings,
    /// Read a few records of a cluster's topics, or of an endpoint's topic, to look at them.
    ReadRecords,
}

impl Operation {
    /// As it is said to people.
    pub const fn name(self) -> &'static str {
        match self {
            Operation::Read => "read",
            Operation::Write => "write",
            Operation::Delete => "delete",
            Operation::Decide => "decide about",
            Operation::Revoke => "revoke",
            Operation::Move => "publish or retire",
            Operation::Message => "write to the subscribers of",
            Operation::Consume => "read the events of",
            Operation::SetPassword => "set the password of",
            Operation::ExportVerifiers => "export verifiers of",
            Operation::ReadAudit => "read the audit",
            Operation::ReadSettings => "see the settings",
            Operation::ReadRecords => "read records of",
        }
    }
}
