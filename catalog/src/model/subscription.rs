//! An application's right to one endpoint under one plan.

use time::OffsetDateTime;

/// A subscription. One live subscription per (application, endpoint): another plan is an update.
#[derive(
    Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Subscription {
    /// The application's name.
    pub application: String,
    /// The endpoint's name.
    pub endpoint: String,
    /// The plan's name; a plan of this endpoint.
    pub plan: String,
    /// Why it is asked for, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub justification: String,
    /// Where the subscription stands.
    #[serde(default)]
    pub state: SubscriptionState,
    /// When it was first asked for. The catalog keeps it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "time::serde::rfc3339::option"
    )]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub requested_at: Option<OffsetDateTime>,
    /// Who first asked for it. The catalog keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<String>,
    /// The plan's terms at that moment, which whoever asks agrees to: `sha256:` and the digest of
    /// their text; absent: there were none. The catalog keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreed_terms: Option<String>,
    /// The latest decision about it. The catalog keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// When it ends; absent: never.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "time::serde::rfc3339::option"
    )]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub expires_at: Option<OffsetDateTime>,
    /// When it ends unless somebody confirms that it is still needed; absent: never.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "time::serde::rfc3339::option"
    )]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub recertify_by: Option<OffsetDateTime>,
}

/// Who decided, when and why.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Decision {
    /// Who.
    pub by: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: OffsetDateTime,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// Where a subscription stands; only an active one may read.
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
    /// Refused by the owner.
    Rejected,
    /// Its time is over.
    Expired,
}

impl SubscriptionState {
    /// Whether it counts against "one live subscription per (application, endpoint)".
    pub fn is_live(self) -> bool {
        matches!(self, Self::Pending | Self::Active | Self::Suspended)
    }

    /// As it is written in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }
}

impl Subscription {
    /// When it ends if nobody does anything; absent: never.
    pub fn ends_at(&self) -> Option<OffsetDateTime> {
        [self.expires_at, self.recertify_by].into_iter().flatten().min()
    }
}
