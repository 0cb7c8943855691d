//! Hash keys, and where secrets come from.

/// A key for keyed-hash rules.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
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

impl schemars::JsonSchema for SecretSource {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SecretSource".into()
    }

    /// As people write it, who may also write the secret itself or have one made.
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let texts = [
            ("env", "An environment variable of the gateway process."),
            ("file", "A file; one trailing line feed is cut."),
            ("store", "An entry of the encrypted store, by name."),
            ("value", "The secret itself: sealed as soon as it is applied."),
        ];
        let text = |(name, description): (&str, &str)| {
            schemars::json_schema!({
                "type": "object", "additionalProperties": false, "required": [name],
                "properties": { name: { "type": "string", "description": description } },
            })
        };
        let mut ways: Vec<_> = texts.map(text).into();
        ways.push(schemars::json_schema!({
            "type": "object", "additionalProperties": false, "required": ["generate"],
            "properties": { "generate": {
                "const": true, "description": "For a key: made here, sealed, never shown.",
            } },
        }));
        schemars::json_schema!({ "description": "Where a secret comes from.", "oneOf": ways })
    }
}
