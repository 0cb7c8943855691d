//! Who belongs together, and what is talked about together.

/// A team: owns endpoints and applications. Its members are the users that name it, or those whom
/// the identity provider puts into it; a team needs no document of its own.
#[derive(
    Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Team {
    /// Its name for people; absent: the resource's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// One paragraph for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// An address for mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// A business domain: endpoints name the one that they belong to.
#[derive(
    Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Domain {
    /// Its name for people; absent: the resource's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// One paragraph for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The team that answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}
