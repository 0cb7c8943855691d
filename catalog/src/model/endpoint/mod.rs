//! A published topic.

mod described;
mod origin;
mod version;

pub use described::{Classification, Contact, License, Sample, Schema, SchemaKind};
pub use origin::check_origin;
pub use version::{Version, VersionError};

use std::collections::BTreeSet;

use time::Date;

/// An endpoint: a topic of a backend cluster, published under an address.
#[derive(
    Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Endpoint {
    /// The backend cluster's name.
    pub cluster: String,
    /// The topic on it.
    pub topic: String,
    /// The name subscribers use in URLs and as the virtual topic; absent: the topic's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Its version. A new major version is an endpoint of its own, beside the old one.
    #[serde(default, skip_serializing_if = "Version::is_first")]
    pub version: Version,
    /// What it is offered for.
    #[serde(default, skip_serializing_if = "Direction::is_consume")]
    pub direction: Direction,
    /// What the record values are.
    #[serde(default)]
    pub format: PayloadFormat,
    /// Where the endpoint stands in its life.
    #[serde(default)]
    pub lifecycle: Lifecycle,
    /// The day after which a deprecated endpoint may be retired.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "day")]
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub sunset: Option<Date>,
    /// The endpoint to use instead of a deprecated one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<String>,
    /// Its name for people; absent: the resource's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// One paragraph for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The guide to it, in Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub documentation: String,
    /// The owning team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The teams that see it in the catalog, beside its owner; none: everybody does.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub visible_to: BTreeSet<String>,
    /// The origins of the web pages that may read it in a browser, such as
    /// `https://app.example.com`; none: only pages of the gateway itself.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub allowed_origins: BTreeSet<String>,
    /// Whom to ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// Under which terms the events may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<License>,
    /// The business domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Free labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// How confidential the events are, as they come from the topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<Classification>,
    /// The schema of the values, as they come from the topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Schema>,
    /// The schema of the keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_schema: Option<Schema>,
    /// The schema of the headers, as one object of texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headers_schema: Option<Schema>,
    /// Events for people to look at: written by hand, or redacted by the strictest plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<Sample>,
}

impl Endpoint {
    /// The address subscribers use.
    pub fn address(&self) -> &str {
        self.address.as_deref().unwrap_or(&self.topic)
    }
}

/// What an endpoint is offered for.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
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
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
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
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
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

impl Lifecycle {
    /// As it is written in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Deprecated => "deprecated",
            Self::Retired => "retired",
        }
    }
}

/// Reads a day such as `2027-01-31`.
pub(crate) fn parse_day(text: &str) -> Option<Date> {
    Date::parse(text, day::DAY).ok()
}

/// A day as `2027-01-31` (RFC 3339, `full-date`).
mod day {
    use serde::{Deserialize, Deserializer, Serializer, de, ser};
    use time::{Date, format_description::FormatItem, macros::format_description};

    pub const DAY: &[FormatItem<'_>] = format_description!("[year]-[month]-[day]");

    pub fn serialize<S: Serializer>(day: &Option<Date>, to: S) -> Result<S::Ok, S::Error> {
        match day {
            Some(day) => to.serialize_str(&day.format(DAY).map_err(ser::Error::custom)?),
            None => to.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
        let text = String::deserialize(from)?;
        let day = Date::parse(&text, DAY);
        day.map(Some).map_err(|_| de::Error::custom("is a day, such as `2027-01-31`"))
    }
}
