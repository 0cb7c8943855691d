//! Signing in and out, and who one is.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use catalog::{
    ActorKind, ApplyError,
    model::{Kind, name::check_name},
    people::{SESSION_LASTS, SignInError, SignedIn},
};
use http::{HeaderMap, StatusCode, header};
use time::format_description::well_known::Rfc3339;

use super::body::no_store;
use crate::{
    PortalState, ProblemBody,
    access::{self, Address, Caller, SESSION},
    by::By,
    documents::Said,
};

/// Who signs in.
#[derive(Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct SignInBody {
    /// The user's name.
    user: String,
    /// Their password.
    #[schema(format = Password)]
    password: String,
}

/// Who one is, and what one may do.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WhoBody {
    /// `user`, or `administrator` with the administrator's token.
    #[schema(example = "user")]
    kind: &'static str,
    /// The user's name.
    name: String,
    /// Their roles.
    roles: Vec<&'static str>,
    /// Their teams.
    teams: Vec<String>,
    /// The API token by which they came.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// How far the token goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<&'static str>>,
    /// With a session: what every change is sent with, as `X-CSRF-Token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf_token: Option<String>,
    /// With a session: when it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_ends: Option<String>,
}

/// Ways to sign in.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WaysBody {
    /// Whether users can have passwords here.
    password: bool,
    /// What the identity provider is called; absent: there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    /// Whether there is no user yet, and the administrator's token can make the first.
    first_run: bool,
    /// In the demo: users that everybody may be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    demo: Vec<DemoUser>,
}

/// A user of the demo, whose password is no secret.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct DemoUser {
    /// The user's name.
    pub user: String,
    /// Who that is, in words.
    #[schema(example = "Dana, a developer")]
    pub title: String,
    /// The password.
    #[schema(format = Password)]
    pub password: String,
}

/// Ways to sign in
///
/// For a page that offers them.
#[utoipa::path(
    get,
    path = "/session/ways",
    tag = "people",
    responses((status = 200, description = "How one can sign in", body = WaysBody)),
)]
pub(crate) async fn ways(State(state): State<PortalState>) -> Response {
    let provider = state.provider.as_ref().map(|provider| provider.title.clone());
    let no_user = state.catalog.list(Kind::User, None, 1).total == 0;
    let first_run = no_user && state.admin_token.is_some();
    let demo = state.demo.to_vec();
    no_store(Json(WaysBody { password: true, provider, first_run, demo }).into_response())
}

/// Sign in with a password
///
/// Sets the session's cookie, which scripts do not see. Changes are sent with the `csrfToken` as
/// `X-CSRF-Token`. Ten tries a minute.
#[utoipa::path(
    post,
    path = "/session",
    tag = "people",
    request_body = SignInBody,
    responses(
        (status = 200, description = "Signed in", body = WhoBody),
        (
            status = 400, description = "Not a user and a password",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 401, description = "Wrong, or may not sign in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 403, description = "Sent by another site's page",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 429, description = "Too many tries",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
)]
pub(crate) async fn sign_in(
    State(state): State<PortalState>,
    Address(address): Address,
    headers: HeaderMap,
    Said(body): Said<SignInBody>,
) -> Result<Response, ProblemBody> {
    access::require_same_site(&headers)?;
    if body.user.is_empty() || body.password.is_empty() {
        return Err(ProblemBody::bad_request("Send `user` and `password` as JSON."));
    }
    if check_name(&body.user).is_err() {
        return Err(SignInError::Refused.into());
    }
    state.throttle.count(&body.user, address)?;
    let signed_in = state.catalog.sign_in(&body.user, &body.password, address).await?;
    let SignedIn { actor, session, .. } = signed_in.clone();
    let body = who(&Caller { actor, session: Some(session) });
    Ok(with_session(no_store(Json(body).into_response()), &signed_in))
}

/// Sets the session's cookie.
pub(super) fn with_session(mut response: Response, signed_in: &SignedIn) -> Response {
    let cookie = access::set(SESSION, &signed_in.secret, SESSION_LASTS.whole_seconds());
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    response
}

/// Sign out
///
/// Ends the session by which one came. API tokens go on.
#[utoipa::path(
    delete,
    path = "/session",
    tag = "people",
    responses(
        (status = 204, description = "The session has ended; tokens go on"),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn sign_out(
    State(state): State<PortalState>,
    By(actor): By,
    headers: HeaderMap,
) -> Result<Response, ProblemBody> {
    if let Some(secret) = access::find(&headers, SESSION) {
        state.catalog.sign_out(&actor, secret).await.map_err(ApplyError::Store)?;
    }
    let mut response = no_store(StatusCode::NO_CONTENT.into_response());
    let cookie = access::clear(SESSION);
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

/// Who one is
///
/// And what one may do: roles, teams, and how far a token goes.
#[utoipa::path(
    get,
    path = "/whoami",
    tag = "people",
    responses(
        (status = 200, description = "Who asks, and what they may do", body = WhoBody),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn whoami(caller: Caller) -> Response {
    no_store(Json(who(&caller)).into_response())
}

fn who(caller: &Caller) -> WhoBody {
    let actor = &caller.actor;
    let person = actor.rights.person();
    let session = caller.session.as_ref();
    let scopes = person.and_then(|person| person.scopes.as_ref());
    WhoBody {
        kind: match actor.kind {
            ActorKind::Administrator => "administrator",
            ActorKind::System => "system",
            ActorKind::User => "user",
            ActorKind::Application => "application",
            ActorKind::Anonymous => "anonymous",
        },
        name: actor.name.clone(),
        roles: person
            .into_iter()
            .flat_map(|person| &person.roles)
            .map(|role| role.name())
            .collect(),
        teams: person.into_iter().flat_map(|person| person.teams.iter().cloned()).collect(),
        token: actor.token.clone(),
        scopes: scopes.map(|scopes| scopes.iter().map(|scope| scope.name()).collect()),
        csrf_token: session.map(|session| session.csrf.clone()),
        session_ends: session.and_then(|session| session.ends.format(&Rfc3339).ok()),
    }
}

impl From<SignInError> for ProblemBody {
    fn from(error: SignInError) -> Self {
        let detail = format!("{error}.");
        match error {
            SignInError::Refused | SignInError::Unknown(_) => {
                let title = "Not signed in";
                Self::new(StatusCode::UNAUTHORIZED, "sign_in_refused", title, detail)
            }
            SignInError::Weak(_) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                Self::new(status, "weak_password", "The password is not good enough", detail)
            }
            SignInError::Store(error) => ApplyError::Store(error).into(),
            SignInError::Apply(error) => error.into(),
        }
    }
}
