//! What a team registers to consume.

use std::collections::BTreeMap;

/// An application: owns credentials and subscriptions.
#[derive(
    Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Application {
    /// The owning team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// One paragraph for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Attributes that rules may refer to (`equalsAttribute`): folded into the chain.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}
