//! Signing in by an identity provider: the browser is sent there, and comes back with a code.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use catalog::ApplyError;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use identity::{Begun, LoginError, Returned};

use super::{body::no_store, session::with_session};
use crate::{
    PortalState, ProblemBody, Provider,
    access::{self, Address, LOGIN},
    parameters::Parameters,
};

/// How long somebody may take to sign in there.
const LOGIN_SECONDS: i64 = 600;
/// Bytes of a path to come back to.
const PATH_BYTES_MAX: usize = 1024;

/// Where to go afterwards.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BeginParameters {
    /// A path of this host; absent: `/`.
    return_to: Option<String>,
}

/// What comes back.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReturnParameters {
    /// The code.
    code: Option<String>,
    /// Which login it is of.
    state: Option<String>,
    /// Whose code it is (RFC 9207).
    iss: Option<String>,
    /// Why there is no code.
    error: Option<String>,
}

/// What is kept of a login that is under way.
#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    begun: Begun,
    path: String,
}

/// Sign in by the identity provider
///
/// Sends the browser there. It comes back to `/session/provider/callback`.
#[utoipa::path(
    get,
    path = "/session/provider",
    tag = "people",
    params(BeginParameters),
    responses(
        (status = 303, description = "To the identity provider"),
        (
            status = 400, description = "`returnTo` is no path of this host",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "There is no identity provider",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 502, description = "It does not answer",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
)]
pub(crate) async fn begin(
    State(state): State<PortalState>,
    Parameters(parameters): Parameters<BeginParameters>,
) -> Result<Response, ProblemBody> {
    let path = parameters.return_to.unwrap_or_else(|| "/".to_owned());
    if !is_path_of_ours(&path) {
        return Err(ProblemBody::bad_request("`returnTo` is a path of this host, such as `/`."));
    }
    let (url, begun) = provider(&state)?.login.begin().await.map_err(failed)?;
    let browser = begun.state.clone();
    let kept = serde_json::to_string(&Kept { begun, path }).map_err(|_| ApplyError::Internal)?;
    let catalog = &state.catalog;
    catalog.keep_login(&browser, kept, LOGIN_SECONDS).await.map_err(ApplyError::Store)?;
    let mut response = redirect(&url)?;
    let cookie = access::set(LOGIN, &browser, LOGIN_SECONDS);
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

/// Come back from the identity provider
///
/// The browser is sent here by the provider; nobody else has a use for it.
#[utoipa::path(
    get,
    path = "/session/provider/callback",
    tag = "people",
    params(ReturnParameters),
    responses(
        (status = 303, description = "Signed in: to where one came from"),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "There is no identity provider",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 502, description = "It does not answer as it should",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
)]
pub(crate) async fn callback(
    State(state): State<PortalState>,
    Address(address): Address,
    headers: HeaderMap,
    Parameters(returned): Parameters<ReturnParameters>,
) -> Result<Response, ProblemBody> {
    let provider = provider(&state)?;
    // The browser that began it, and no other: otherwise somebody could sign others in as
    // themselves.
    let cookie = access::find(&headers, LOGIN);
    let browser = cookie.filter(|cookie| Some(*cookie) == returned.state.as_deref());
    let again = || refused("The login is of another browser, or took too long. Begin again.");
    let browser = browser.ok_or_else(again)?;
    let kept = state.catalog.take_login(browser).await.map_err(ApplyError::Store)?;
    let kept: Option<Kept> = kept.and_then(|kept| serde_json::from_str(&kept).ok());
    let kept = kept.ok_or_else(again)?;
    if returned.error.is_some() {
        return Err(refused("The identity provider did not sign you in."));
    }
    let code = returned.code.as_deref().unwrap_or_default();
    let returned = Returned { code, issuer: returned.iss.as_deref() };
    let claims = provider.login.finish(&kept.begun, returned).await.map_err(failed)?;
    let provided = provider.provided(&claims);
    let signed_in = state.catalog.sign_in_provided(provided, provider.provision, address).await?;
    let mut response = with_session(redirect(&kept.path)?, &signed_in);
    let cookie = access::clear(LOGIN);
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

fn provider(state: &PortalState) -> Result<&Provider, ProblemBody> {
    let without = "No identity provider is configured: sign in with a password.";
    state.provider.as_deref().ok_or_else(|| ProblemBody::not_found(without))
}

/// A path, and nothing that a browser takes for another host.
fn is_path_of_ours(path: &str) -> bool {
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    plain && path.len() <= PATH_BYTES_MAX && path.starts_with('/') && !path.starts_with("//")
}

fn redirect(to: &str) -> Result<Response, ProblemBody> {
    let location = HeaderValue::from_str(to).map_err(|_| ApplyError::Internal)?;
    let mut response = no_store(StatusCode::SEE_OTHER.into_response());
    response.headers_mut().insert(header::LOCATION, location);
    let policy = HeaderValue::from_static("no-referrer");
    response.headers_mut().insert(header::REFERRER_POLICY, policy);
    Ok(response)
}

fn refused(detail: &str) -> ProblemBody {
    ProblemBody::new(StatusCode::UNAUTHORIZED, "sign_in_refused", "Not signed in", detail)
}

fn failed(error: LoginError) -> ProblemBody {
    tracing::warn!(%error, "a login by the identity provider failed");
    let detail = format!("{error}.");
    match error {
        LoginError::Provider(_) => {
            let title = "The identity provider does not answer as it should";
            ProblemBody::new(StatusCode::BAD_GATEWAY, "provider_unavailable", title, detail)
        }
        _ => {
            let mut detail = detail;
            if let Some(first) = detail.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            refused(&detail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_path_of_ours;

    #[test]
    fn nobody_is_sent_to_another_host() {
        for path in ["/", "/endpoints/orders?tab=live#x"] {
            assert!(is_path_of_ours(path), "{path}");
        }
        for path in ["", "x", "//evil.example", "/\\evil.example", "https://evil.example", "/\n"] {
            assert!(!is_path_of_ours(path), "{path}");
        }
    }
}
