//! Finds out who asks, by exactly one of: the administrator's token, an API token, a session.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use catalog::{
    Actor, ApplyError,
    people::{Operation, Session},
};
use http::{HeaderMap, StatusCode, header, request::Parts};

use super::{cookie, csrf, once, routes};
use crate::{BASE_PATH, Need, PortalState, ProblemBody};

/// Who asks.
#[derive(Clone)]
pub(crate) struct Caller {
    /// As the catalog knows them.
    pub(crate) actor: Actor,
    /// Their session, if they came by one.
    pub(crate) session: Option<Session>,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ProblemBody;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ProblemBody> {
        // Put there by `require`; where it did not run, nobody asks.
        parts.extensions.get::<Caller>().cloned().ok_or_else(nobody)
    }
}

/// Lets those through who have what the route needs.
pub(crate) async fn require(
    State(state): State<PortalState>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Result<Response, ProblemBody> {
    let path = path.as_str().strip_prefix(BASE_PATH).unwrap_or(path.as_str());
    // `HEAD` is `GET` without the body.
    let method = match request.method().as_str() {
        "HEAD" => "GET",
        method => method,
    };
    let need = routes::need(method, path).ok_or_else(|| {
        tracing::error!(method, path, "a route without a row in the table of needs");
        forbidden("Nobody decided who may do this: it is done for nobody.")
    })?;
    if need == Need::Nothing {
        return Ok(next.run(request).await);
    }
    let (parts, body) = request.into_parts();
    let caller = caller(&state, &parts).await?;
    state.rate.count(&caller.actor)?;
    let once = once::key(&parts.method, &parts.headers)?;
    let mut request = Request::from_parts(parts, body);
    match need {
        Need::Whole(operation) if !caller.actor.rights.may(operation) => {
            return Err(may_not(operation));
        }
        Need::Nothing | Need::SignedIn | Need::Whole(_) | Need::Resources(_) => {}
    }
    request.extensions_mut().insert(caller.clone());
    match once {
        Some(key) => once::run(&state, (&caller.actor, &key), request, next).await,
        None => Ok(next.run(request).await),
    }
}

/// Lets everybody through; whoever is signed in is known.
pub(crate) async fn perhaps(
    State(state): State<PortalState>,
    request: Request,
    next: Next,
) -> Result<Response, ProblemBody> {
    let (parts, body) = request.into_parts();
    let signed_in = parts.headers.contains_key(header::AUTHORIZATION)
        || cookie::find(&parts.headers, cookie::SESSION).is_some();
    let caller = match signed_in {
        true => Some(caller(&state, &parts).await?),
        false => None,
    };
    let mut request = Request::from_parts(parts, body);
    if let Some(caller) = caller {
        state.rate.count(&caller.actor)?;
        request.extensions_mut().insert(caller);
    }
    Ok(next.run(request).await)
}

async fn caller(state: &PortalState, parts: &Parts) -> Result<Caller, ProblemBody> {
    let (headers, from) = (&parts.headers, address(parts));
    match (headers.contains_key(header::AUTHORIZATION), cookie::find(headers, cookie::SESSION)) {
        (true, _) => {
            let presented = bearer(headers)
                .ok_or_else(|| unauthorized("Send exactly one `Authorization: Bearer <token>`."))?;
            let actor = match &state.admin_token {
                Some(token) if token.matches(presented) => Some(Actor::administrator(from)),
                _ => state.catalog.by_token(presented, from),
            };
            let Some(actor) = actor else {
                tell_refused(state, presented, from).await;
                return Err(unauthorized(
                    "The token is wrong, has expired, was revoked, or is of nobody.",
                ));
            };
            Ok(Caller { actor, session: None })
        }
        (false, Some(secret)) => {
            let found = state.catalog.by_session(secret, from).await.map_err(ApplyError::Store)?;
            let (actor, session) =
                found.ok_or_else(|| unauthorized("The session has ended: sign in again."))?;
            csrf::require_token(&parts.method, headers, &session)?;
            Ok(Caller { actor, session: Some(session) })
        }
        (false, None) => Err(nobody()),
    }
}

/// Whoever guesses cannot fill the audit: it is told once a minute. It is refused either way.
async fn tell_refused(state: &PortalState, presented: &str, from: Option<IpAddr>) {
    let Some(others) = state.refused.token() else { return };
    if let Err(error) = state.catalog.token_refused(presented, others, from).await {
        tracing::warn!(%error, "the audit is not told of a refused token");
    }
}

/// Where a request came from.
pub(crate) struct Address(pub(crate) Option<IpAddr>);

impl<S: Sync> FromRequestParts<S> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(address(parts)))
    }
}

/// A header says nothing about it: everybody can write one.
fn address(parts: &Parts) -> Option<IpAddr> {
    let extensions = &parts.extensions;
    let peer = extensions.get::<SocketAddr>().copied();
    peer.or_else(|| extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0))
        .map(|peer| peer.ip())
}

/// The token of exactly one `Authorization: Bearer` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().filter(|_| values.next().is_none())?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn nobody() -> ProblemBody {
    unauthorized("Send a token as `Authorization: Bearer <token>`, or sign in.")
}

fn unauthorized(detail: &str) -> ProblemBody {
    ProblemBody::new(StatusCode::UNAUTHORIZED, "unauthorized", "Nobody is signed in", detail)
}

fn may_not(operation: Operation) -> ProblemBody {
    let roles = catalog::people::Role::ALL;
    let row = catalog::people::VERDICTS.iter().find(|row| (row.0, row.1) == (operation, None));
    let any = catalog::people::Verdict::Any;
    let who = row.map(|(.., verdicts)| {
        let may = roles.iter().zip(verdicts).filter(|(_, verdict)| **verdict == any);
        may.map(|(role, _)| role.name()).collect::<Vec<_>>().join("`, `")
    });
    let who = who.unwrap_or_default();
    forbidden(&format!("Your roles do not let you {}. Who may: `{who}`.", operation.name()))
}

fn forbidden(detail: &str) -> ProblemBody {
    ProblemBody::forbidden(detail)
}
