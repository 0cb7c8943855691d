//! An offer on an endpoint.

use std::time::Duration;

/// A plan: which policies, limits, doors and how much history.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// The endpoint's name.
    pub endpoint: String,
    /// Policies in the order in which their rules are compiled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<String>,
    /// Limits per subscription, over all its connections.
    #[serde(default)]
    pub limits: Limits,
    /// How far back a subscriber may read, such as `7d`, `12h`, `30m`; absent: all there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay_window: Option<String>,
    /// Doors offered; empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doors: Vec<Door>,
    /// How a subscription to it becomes active.
    #[serde(default, skip_serializing_if = "Approval::is_automatic")]
    pub approval: Approval,
    /// What a subscriber agrees to, in Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub terms: String,
    /// Whether people without a subscription may look at live events through this plan.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preview: bool,
    /// After how many days a subscription ends; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription_days: Option<u32>,
    /// Within how many days somebody has to confirm that a subscription is still needed; absent:
    /// never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recertify_days: Option<u32>,
}

/// How a subscription becomes active.
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
pub enum Approval {
    /// At once.
    #[default]
    Automatic,
    /// When the owner has approved it.
    Owner,
}

impl Approval {
    fn is_automatic(&self) -> bool {
        *self == Self::Automatic
    }
}

/// Limits of a plan; absent: unlimited. Burst is one second's worth.
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
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    /// Events per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events_per_second: Option<u32>,
    /// Bytes per second that leave for the subscriber.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<u64>,
    /// Connections at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<u32>,
}

/// A way to consume.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Door {
    /// The native Kafka protocol.
    Kafka,
    /// Server-Sent Events.
    Sse,
    /// WebSocket.
    Websocket,
    /// HTTP pull and publish.
    Http,
}

impl Door {
    /// The name, as documents, metrics and activity have it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Kafka => "kafka",
            Self::Sse => "sse",
            Self::Websocket => "websocket",
            Self::Http => "http",
        }
    }
}

/// Longest replay window: beyond ten years it is a typing error.
const REPLAY_WINDOW_SECONDS_MAX: u64 = 3650 * 24 * 60 * 60;

/// Reads a replay window: a whole number and one of `s`, `m`, `h`, `d`.
///
/// # Errors
/// How to write it.
pub fn parse_replay_window(text: &str) -> Result<Duration, String> {
    let wrong = || "is a whole number above 0 and a unit (s, m, h or d), such as `7d`".to_owned();
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let digits = text.strip_suffix(unit).ok_or_else(wrong)?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let seconds_per_unit: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let count: u64 = digits.parse().map_err(|_| wrong())?;
    match count.checked_mul(seconds_per_unit) {
        Some(0) => Err(wrong()),
        Some(seconds) if seconds <= REPLAY_WINDOW_SECONDS_MAX => Ok(Duration::from_secs(seconds)),
        _ => Err("is at most `3650d`".to_owned()),
    }
}
