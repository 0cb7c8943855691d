//! People and their API tokens.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use crate::people::{Role, Scope};

/// Somebody who works with the catalog.
#[derive(
    Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    /// Their name for people; absent: the resource's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// An address for mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What they may do.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<Role>,
    /// The teams that they are in.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub teams: BTreeSet<String>,
    /// Who they are at the identity provider; absent: they have a password here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<Login>,
    /// Whether they may not sign in, and their tokens do not work.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// Argon2id over the password (PHC string format); never part of an answer or an export.
    #[serde(skip)]
    pub password: Option<Proof>,
}

/// Somebody at an identity provider.
#[derive(
    Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Login {
    /// `iss` of the provider's tokens.
    pub issuer: String,
    /// `sub`: never given to somebody else (OpenID Connect Core 2).
    pub subject: String,
}

/// An API token of a user: `sgt_<name>_<random>`. Only its digest is kept.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Token {
    /// Whose it is: it can do what its user can, as far as its scopes go.
    pub user: String,
    /// What it is for, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How far it goes.
    pub scopes: BTreeSet<Scope>,
    /// When it stops working; absent: never.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "time::serde::rfc3339::option"
    )]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub expires_at: Option<OffsetDateTime>,
    /// Revoked tokens stay listed and never work again.
    #[serde(default)]
    pub revoked: bool,
    /// SHA-256 of the whole token (Base64); never part of an answer or an export.
    #[serde(skip)]
    pub digest: Option<Proof>,
}

impl Token {
    /// Whether it is neither revoked nor expired.
    pub fn is_usable_at(&self, now: OffsetDateTime) -> bool {
        !self.revoked && self.expires_at.is_none_or(|expiry| now < expiry)
    }
}

/// What a password or a token is checked against. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Proof(pub(crate) String);

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Proof(…)")
    }
}
