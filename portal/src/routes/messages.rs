//! Messages of an endpoint's owner to its subscribers.

use axum::{Json, extract::State};
use catalog::messages::{Meant, Message, MessageOptions};

use crate::{
    PortalState, ProblemBody, Way,
    by::By,
    documents::Said,
    parameters::{Name, Parameters},
};

/// A message, and for whom it is: for those that either list has; without any, for all.
#[derive(Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct MessageBody {
    /// One line. May be left out in a dry run.
    #[schema(min_length = 1, max_length = 120)]
    subject: Option<String>,
    /// Plain text; control characters are line ends (`\n`) and tabs only. May be left out in a dry
    /// run.
    #[schema(min_length = 1, max_length = 4000)]
    text: Option<String>,
    /// The subscribers under these plans of the endpoint.
    #[schema(max_items = 100)]
    plans: Option<Vec<String>>,
    /// These subscriptions to the endpoint.
    #[schema(max_items = 100)]
    subscriptions: Option<Vec<String>>,
}

/// How to send a message.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MessageParameters {
    /// Check everything, count who would be told, and send nothing.
    #[serde(default)]
    dry_run: bool,
}

/// Who is told.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct MessageSentBody {
    /// Subscriptions that are meant: active, suspended or waiting ones.
    subscriptions: usize,
    /// Mail addresses of their teams, or of people of teams that have none.
    receivers: usize,
    /// How this server tells; empty: not at all, and only the audit has the message.
    by: Vec<Way>,
}

/// Write to an endpoint's subscribers
///
/// The teams whose applications subscribe are told as of a deprecation, by mail and webhook; the
/// audit keeps what was written. At most ten messages an hour go to the subscribers of an endpoint.
#[utoipa::path(
    post,
    path = "/endpoints/{name}/messages",
    operation_id = "writeToSubscribers",
    tag = "changes",
    params(("name" = String, Path, description = "The endpoint's name"), MessageParameters),
    request_body = MessageBody,
    responses(
        (status = 200, description = "It goes out", body = MessageSentBody),
        (
            status = 400, description = "Wrong parameters",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 403, description = "The roles or the token do not go so far",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such endpoint",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 422, description = "It cannot be sent so, or there is nobody to tell",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 429, description = "Ten were sent within the hour: `Retry-After` says when",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn write_to_subscribers(
    State(state): State<PortalState>,
    By(actor): By,
    Name(name): Name,
    Parameters(parameters): Parameters<MessageParameters>,
    Said(body): Said<MessageBody>,
) -> Result<Json<MessageSentBody>, ProblemBody> {
    let MessageBody { subject, text, plans, subscriptions } = body;
    let message = Message { subject, text, meant: Meant { plans, subscriptions } };
    let webhook = state.ways.contains(&Way::Webhook);
    let options = MessageOptions { dry_run: parameters.dry_run, webhook };
    let reached = state.catalog.message(&actor, &name, &message, options).await?;
    Ok(Json(MessageSentBody {
        subscriptions: reached.subscriptions,
        receivers: reached.receivers,
        by: state.ways.to_vec(),
    }))
}
