//! An application's right to one endpoint under one plan.

/// A subscription. One live subscription per (application, endpoint): another plan is an update.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Subscription {
    /// The application's name.
    pub application: String,
    /// The endpoint's name.
    pub endpoint: String,
    /// The plan's name; a plan of this endpoint.
    pub plan: String,
    /// Where the subscription stands.
    #[serde(default)]
    pub state: SubscriptionState,
}

/// Where a subscription stands; only an active one may read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SubscriptionState {
    /// Waits for the owner.
    Pending,
    /// May read.
    #[default]
    Active,
    /// Stopped for now.
    Suspended,
    /// Ended by the owner.
    Revoked,
}

impl SubscriptionState {
    /// Whether it counts against "one live subscription per (application, endpoint)".
    pub fn is_live(self) -> bool {
        !matches!(self, SubscriptionState::Revoked)
    }
}
