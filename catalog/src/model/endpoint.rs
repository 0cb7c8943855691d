//! A published topic.

/// An endpoint: a topic of a backend cluster, published under an address.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Endpoint {
    /// The backend cluster's name.
    pub cluster: String,
    /// The topic on it.
    pub topic: String,
    /// The name subscribers use in URLs and as the virtual topic; absent: the topic's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What it is offered for.
    #[serde(default, skip_serializing_if = "Direction::is_consume")]
    pub direction: Direction,
    /// What the record values are.
    #[serde(default)]
    pub format: PayloadFormat,
    /// Where the endpoint stands in its life.
    #[serde(default)]
    pub lifecycle: Lifecycle,
    /// One paragraph for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The owning team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The business domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Free labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

impl Endpoint {
    /// The address subscribers use.
    pub fn address(&self) -> &str {
        self.address.as_deref().unwrap_or(&self.topic)
    }
}

/// What an endpoint is offered for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// To be read.
    #[default]
    Consume,
    /// To be written to.
    Produce,
    /// Both.
    Both,
}

impl Direction {
    /// Whether subscribers may read.
    pub fn allows_consuming(self) -> bool {
        matches!(self, Self::Consume | Self::Both)
    }

    /// Whether subscribers may write.
    pub fn allows_producing(self) -> bool {
        matches!(self, Self::Produce | Self::Both)
    }

    fn is_consume(&self) -> bool {
        *self == Self::Consume
    }
}

/// What the record values of a topic are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PayloadFormat {
    /// JSON texts: payload rules apply.
    #[default]
    Json,
    /// UTF-8 text.
    Text,
    /// Anything.
    Bytes,
}

/// Where an endpoint stands in its life. Only published and deprecated endpoints are served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Lifecycle {
    /// Being written; nobody can read.
    Draft,
    /// Offered.
    #[default]
    Published,
    /// Still served, no longer offered.
    Deprecated,
    /// Gone: 410.
    Retired,
}
