//! What proves that a connection is an application's.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::CertificateName;

/// A credential of an application: a secret, `slg_<credential id>_<random>` (the resource's name is
/// the credential id, and only verifiers are kept), an OAuth client, or a client certificate.
#[derive(
    Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Credential {
    /// The application's name.
    pub application: String,
    /// When it stops working; absent: never.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "time::serde::rfc3339::option"
    )]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub expires_at: Option<OffsetDateTime>,
    /// Revoked credentials stay listed and never work again.
    #[serde(default)]
    pub revoked: bool,
    /// Tickets that were made by it up to this moment hold no more. The catalog keeps it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "time::serde::rfc3339::option"
    )]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub tickets_ended_at: Option<OffsetDateTime>,
    /// Tokens that are the application's; absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oauth: Option<OAuthClient>,
    /// The client certificate that is the application's; absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateName>,
    /// What secrets are checked against; never part of an answer or an export.
    #[serde(skip)]
    pub verifier: Verifier,
}

/// What is presented to prove a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// A secret that was made here.
    Secret,
    /// A token of an issuer.
    OAuthClient,
    /// A client certificate.
    Certificate,
}

impl Credential {
    /// What is presented to prove it.
    pub fn kind(&self) -> CredentialKind {
        match (&self.oauth, &self.certificate) {
            (Some(_), _) => CredentialKind::OAuthClient,
            (None, Some(_)) => CredentialKind::Certificate,
            (None, None) => CredentialKind::Secret,
        }
    }
}

/// Which tokens of an issuer are the application's. All that is said must hold.
#[derive(
    Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OAuthClient {
    /// Their `iss`; an issuer of the gateway's configuration.
    pub issuer: String,
    /// Their `sub`; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Claims that hold these values: as a string, in a list, or as a word of `scope`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub claims: BTreeMap<String, String>,
}

impl OAuthClient {
    /// Everything a token must hold beside the issuer, by claim; the most telling first.
    pub fn demands(&self) -> impl Iterator<Item = (&str, &str)> {
        let subject = self.subject.as_deref().map(|subject| ("sub", subject));
        let claims = self.claims.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        subject.into_iter().chain(claims)
    }
}

/// What a presented secret is checked against.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Verifier {
    /// SHA-256 of the whole secret text (it has 192 random bits: no slow hash is needed).
    pub sha256: [u8; 32],
    /// For SCRAM-SHA-256.
    pub scram_sha256: ScramKeys,
    /// For SCRAM-SHA-512.
    pub scram_sha512: ScramKeys,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifier(…)")
    }
}

/// RFC 5802's StoredKey and ServerKey.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ScramKeys {
    /// The salt.
    pub salt: Vec<u8>,
    /// PBKDF2 iterations.
    pub iterations: u32,
    /// StoredKey.
    pub stored_key: Vec<u8>,
    /// ServerKey.
    pub server_key: Vec<u8>,
}
