//! What a change means for subscribers, as JSON.

use catalog::{Breaks, change_report::Finding};

/// What a change means for the subscribers of one plan.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct BreaksBody {
    /// The endpoint's name.
    pub endpoint: String,
    /// The plan's name.
    pub plan: String,
    /// The worst of the findings: `breaking`, `unclear` or `compatible`.
    #[schema(value_type = String, example = "breaking")]
    pub verdict: catalog::change_report::Verdict,
    /// What changes for them.
    pub findings: Vec<FindingBody>,
    /// Live subscriptions to the plan.
    pub subscriptions: Vec<SubscriberBody>,
}

/// One thing that changes.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct FindingBody {
    /// `breaking`, `unclear` or `compatible`.
    #[schema(value_type = String, example = "breaking")]
    pub verdict: catalog::change_report::Verdict,
    /// Which member of the endpoint or the plan, such as `schema`.
    pub member: &'static str,
    /// Where in it: a JSON Pointer into the old schema; absent: the whole.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// What changes.
    pub message: String,
}

/// Somebody who is concerned.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct SubscriberBody {
    /// The subscription's name.
    pub subscription: String,
    /// The application's name.
    pub application: String,
}

impl From<Breaks> for BreaksBody {
    fn from(breaks: Breaks) -> Self {
        let verdict = breaks.report.verdict();
        let finding = |finding: Finding| FindingBody {
            verdict: finding.verdict,
            member: finding.member,
            path: finding.path,
            message: finding.message,
        };
        let subscriber = |(subscription, application)| SubscriberBody { subscription, application };
        Self {
            endpoint: breaks.endpoint,
            plan: breaks.plan,
            verdict,
            findings: breaks.report.findings.into_iter().map(finding).collect(),
            subscriptions: breaks.subscriptions.into_iter().map(subscriber).collect(),
        }
    }
}
