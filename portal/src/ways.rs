//! By which ways people are told of what they should know.

/// A way by which notices go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NoticeWay)]
pub enum Way {
    /// To mail addresses.
    Mail,
    /// To another program.
    Webhook,
}
