//! What proves that a connection is an application's.

use time::OffsetDateTime;

/// A secret of an application, `slg_<credential id>_<random>`; the resource's name is the
/// credential id. Only verifiers are kept.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
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
    pub expires_at: Option<OffsetDateTime>,
    /// Revoked credentials stay listed and never work again.
    #[serde(default)]
    pub revoked: bool,
    /// What secrets are checked against; never part of an answer or an export.
    #[serde(skip)]
    pub verifier: Verifier,
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
