//! Hash keys, and where secrets come from.

/// A key for keyed-hash rules.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Key {
    /// Version of the key: part of every fingerprint that uses it.
    pub version: u32,
    /// Where the key's bytes come from.
    pub secret_from: SecretSource,
}

/// Where a secret comes from. Exactly one member is set. The secret itself is never part of the
/// model, an answer or an export: a `value` that people write is moved to the encrypted store when
/// it is applied.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum SecretSource {
    /// An environment variable of the gateway process.
    Env(String),
    /// A file; one trailing line feed is cut.
    File(String),
    /// An entry of the encrypted store, by name.
    Store(String),
}
