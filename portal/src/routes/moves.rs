//! Moves of subscriptions and endpoints along their tables.

use axum::extract::State;
use catalog::{
    ApplyOptions, Asking, EndpointDetails, EndpointMove, PolicyMove, SubscriptionDetails,
    SubscriptionMove, model::Kind,
};
use time::{
    Date, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description,
};

use super::body::AppliedBody;
use crate::{
    PortalState, ProblemBody,
    by::By,
    conditions::Conditions,
    documents::Said,
    parameters::{MoveName, Name, Parameters},
};

/// Characters of a reason.
const REASON_CHARS_MAX: usize = 2_000;

/// What may be said with a move of a subscription.
#[derive(Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct SubscriptionMoveBody {
    /// Why, for the subscriber.
    #[schema(max_length = 2000)]
    reason: String,
    /// When the subscription ends (RFC 3339); absent: as its plan has it.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<String>,
}

impl SubscriptionMoveBody {
    fn details(self) -> Result<SubscriptionDetails, ProblemBody> {
        if self.reason.chars().count() > REASON_CHARS_MAX {
            let detail = format!("`reason` has at most {REASON_CHARS_MAX} characters.");
            return Err(ProblemBody::bad_request(detail));
        }
        let moment = |text: String| OffsetDateTime::parse(&text, &Rfc3339);
        let expires_at = self.expires_at.map(moment).transpose().map_err(|_| {
            ProblemBody::bad_request("`expiresAt` is a moment such as `2027-01-31T00:00:00Z`.")
        })?;
        Ok(SubscriptionDetails { reason: self.reason, expires_at })
    }
}

/// What may be said with a move of an endpoint.
#[derive(Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct EndpointMoveBody {
    /// With `deprecate`: the day after which it may be retired.
    #[schema(value_type = Option<String>, format = Date)]
    sunset: Option<String>,
    /// With `deprecate`: the endpoint to use instead.
    successor: Option<String>,
}

impl EndpointMoveBody {
    fn details(self) -> Result<EndpointDetails, ProblemBody> {
        let day = |text: String| Date::parse(&text, format_description!("[year]-[month]-[day]"));
        let sunset = self
            .sunset
            .map(day)
            .transpose()
            .map_err(|_| ProblemBody::bad_request("`sunset` is a day such as `2027-01-31`."))?;
        Ok(EndpointDetails { sunset, successor: self.successor })
    }
}

/// Move a subscription
///
/// `approve` grants one that waits, `reject` refuses it; `suspend` stops one for now, `resume` lets
/// it read again; `recertify` confirms that it is still needed; `renew` asks again for one that was
/// rejected or has expired; `revoke` ends it for ever. Open connections of one that may not read
/// any more are closed within a second.
#[utoipa::path(
    post,
    path = "/subscriptions/{name}/{move}",
    tag = "changes",
    params(
        ("name" = String, Path, description = "The subscription's name"),
        (
            "move" = String, Path,
            description = "`approve`, `reject`, `suspend`, `resume`, `recertify`, `renew`, `revoke`"
        ),
    ),
    request_body(content = Option<SubscriptionMoveBody>, description = "Why, and until when"),
    responses(
        (status = 200, description = "Done, or so already", body = AppliedBody),
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
            status = 404, description = "No such subscription, or no such move",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 409,
            description = "Not from where it stands: the detail says what can be done",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 412, description = "Not as `If-Match` has it",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
#[allow(clippy::too_many_arguments, reason = "each is a part of the request")]
pub(crate) async fn subscription(
    State(state): State<PortalState>,
    By(actor): By,
    Name(name): Name,
    MoveName(by): MoveName,
    conditions: Conditions,
    Said(body): Said<SubscriptionMoveBody>,
) -> Result<AppliedBody, ProblemBody> {
    let names = SubscriptionMove::ALL.map(SubscriptionMove::name);
    let by = SubscriptionMove::named(&by).ok_or_else(|| no_move(&names))?;
    let details = body.details()?;
    let asking = Asking::from(&actor).only_if(conditions.of(Kind::Subscription, &name));
    Ok(state.catalog.move_subscription(asking, &name, by, details).await?.into())
}

/// Move an endpoint
///
/// `publish` offers a draft (or a deprecated endpoint again), `withdraw` takes back what nobody has
/// subscribed to, `deprecate` goes on serving it without offering it, `retire` ends it.
#[utoipa::path(
    post,
    path = "/endpoints/{name}/{move}",
    tag = "changes",
    params(
        ("name" = String, Path, description = "The endpoint's name"),
        (
            "move" = String, Path,
            description = "`publish`, `withdraw`, `deprecate`, `retire`"
        ),
    ),
    request_body(content = Option<EndpointMoveBody>, description = "Until when, and what instead"),
    responses(
        (status = 200, description = "Done, or so already", body = AppliedBody),
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
            status = 404, description = "No such endpoint, or no such move",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 409,
            description = "Not from where it stands: the detail says what can be done",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 422, description = "The successor is not there",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 412, description = "Not as `If-Match` has it",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
#[allow(clippy::too_many_arguments, reason = "each is a part of the request")]
pub(crate) async fn endpoint(
    State(state): State<PortalState>,
    By(actor): By,
    Name(name): Name,
    MoveName(by): MoveName,
    conditions: Conditions,
    Said(body): Said<EndpointMoveBody>,
) -> Result<AppliedBody, ProblemBody> {
    let names = EndpointMove::ALL.map(EndpointMove::name);
    let by = EndpointMove::named(&by).ok_or_else(|| no_move(&names))?;
    let details = body.details()?;
    let asking = Asking::from(&actor).only_if(conditions.of(Kind::Endpoint, &name));
    Ok(state.catalog.move_endpoint(asking, &name, by, details).await?.into())
}

/// What may be said with a move of a policy.
#[derive(Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct PolicyMoveBody {
    /// With `rollback`: the version to go back to.
    #[schema(minimum = 1)]
    version: Option<u32>,
}

/// How to move a policy.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PolicyMoveParameters {
    /// Check everything and change nothing.
    #[serde(default)]
    dry_run: bool,
    /// Make the change even if it breaks subscribers.
    #[serde(default)]
    accept_breaking: bool,
}

/// Move a policy
///
/// `publish` makes its draft the next version, `discard` forgets the draft, `rollback` makes the
/// next version say what an earlier one said. Versions themselves never change; a plan that names
/// one (`mask-emails@3`) stays with it.
#[utoipa::path(
    post,
    path = "/policies/{name}/{move}",
    tag = "changes",
    params(
        ("name" = String, Path, description = "The policy's name"),
        ("move" = String, Path, description = "`publish`, `discard`, `rollback`"),
        PolicyMoveParameters,
    ),
    request_body(content = Option<PolicyMoveBody>, description = "To which version"),
    responses(
        (status = 200, description = "Done, or so already", body = AppliedBody),
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
            status = 404, description = "No such policy, or no such move",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 409, description = "No draft, no such version, or it breaks subscribers",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 412, description = "Not as `If-Match` has it",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 422, description = "The rules cannot be used; nothing was changed",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
#[allow(clippy::too_many_arguments, reason = "each is a part of the request")]
pub(crate) async fn policy(
    State(state): State<PortalState>,
    By(actor): By,
    Name(name): Name,
    MoveName(by): MoveName,
    conditions: Conditions,
    Parameters(parameters): Parameters<PolicyMoveParameters>,
    Said(body): Said<PolicyMoveBody>,
) -> Result<AppliedBody, ProblemBody> {
    let without = || ProblemBody::bad_request("`rollback` needs `version`.");
    let by = match by.as_str() {
        "publish" => PolicyMove::Publish,
        "discard" => PolicyMove::Discard,
        "rollback" => PolicyMove::RollBack { version: body.version.ok_or_else(without)? },
        _ => return Err(no_move(&["publish", "discard", "rollback"])),
    };
    let PolicyMoveParameters { dry_run, accept_breaking } = parameters;
    let options = ApplyOptions { dry_run, accept_breaking };
    let asking = Asking::from(&actor).only_if(conditions.of(Kind::Policy, &name));
    Ok(state.catalog.move_policy(asking, &name, by, options).await?.into())
}

fn no_move(names: &[&'static str]) -> ProblemBody {
    ProblemBody::not_found(format!("There is no such move: one of `{}`.", names.join("`, `")))
}
