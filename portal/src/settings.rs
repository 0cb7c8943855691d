//! How the server is configured, as people who run it see it.

/// One setting.
#[derive(Clone, Debug, PartialEq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Setting {
    /// Its key in the configuration file, such as `http.listen`.
    pub key: String,
    /// Its value; null: it is not set. Secrets are in files of their own, and only their paths are
    /// here.
    pub value: serde_json::Value,
    /// Where the value comes from.
    pub source: Source,
    /// Which file or variable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// Nobody said anything else.
    Default,
    /// The configuration file.
    File,
    /// A variable of the environment, which goes before the file.
    Environment,
    /// The command that was started, such as `sluicegate demo`.
    Command,
}
