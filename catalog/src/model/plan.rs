//! An offer on an endpoint.

/// A plan: which policies, limits, doors and how much history.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
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
}

/// Limits of a plan; absent: unlimited. Burst is one second's worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
