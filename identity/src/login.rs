//! Signing people in by an identity provider: OpenID Connect Core 1.0, authorization code flow,
//! with PKCE (RFC 7636, S256), state, nonce, and `iss` in the answer (RFC 9207).

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Url;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tokio::task::JoinSet;

use crate::claims::Claims;
use crate::http::FetchError;
use crate::issuer::{Issuer, IssuerError, check_url};
use crate::json;
use crate::provider::{Provider, Timing};
use crate::refusal::Refusal;
use crate::token;
use crate::verifier::{check_audience, check_times};

/// Random bytes of what nobody may guess: 256 bits.
const RANDOM_BYTES: usize = 32;
/// The longest code that is taken to a provider.
const CODE_BYTES_MAX: usize = 4096;

/// One application of ours at a provider.
#[derive(Clone, PartialEq)]
pub struct Client {
    /// Where it is known. `audiences` are not looked at: an identity token is for `id`.
    pub issuer: Issuer,
    /// `client_id`.
    pub id: String,
    /// `client_secret`; absent: a public client, which PKCE alone protects.
    pub secret: Option<String>,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// Where the browser comes back to, as it is registered at the provider.
    pub redirect_uri: String,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Signs people in. Its background work ends when it is dropped.
pub struct Login {
    client: Client,
    provider: Arc<Provider>,
    _running: JoinSet<()>,
}

/// A login that was begun: it is kept for the browser that began it, and used once.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Begun {
    /// What comes back with the code, and is kept as the browser's secret.
    pub state: String,
    nonce: String,
    verifier: String,
}

/// What came back with the browser.
#[derive(Clone, Copy, Debug)]
pub struct Returned<'a> {
    /// `code`.
    pub code: &'a str,
    /// `iss`, where the provider sends it.
    pub issuer: Option<&'a str>,
}

/// Why nobody was signed in. Holds nothing secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// The provider does not answer as it should.
    #[error("the identity provider does not answer as it should: {0}")]
    Provider(String),
    /// What came back is not of this provider.
    #[error("the answer is of another identity provider")]
    OtherIssuer,
    /// What came back is no code.
    #[error("the answer holds no usable code")]
    Code,
    /// The identity token is not to be believed.
    #[error("the identity token is not believed: {0}")]
    Token(Refusal),
    /// The identity token is of another login.
    #[error("the identity token is of another login")]
    Nonce,
}

impl From<FetchError> for LoginError {
    fn from(error: FetchError) -> Self {
        Self::Provider(error.to_string())
    }
}

impl Login {
    /// For a client of ours. Fetches the provider's keys at once and from then on. Must be called
    /// inside the runtime that shall do so.
    ///
    /// # Errors
    /// What is configured wrongly.
    pub fn start(mut client: Client, timing: Timing) -> Result<Self, IssuerError> {
        client.issuer.audiences = vec![client.id.clone()];
        check_url("redirect_uri", &client.redirect_uri, true)?;
        let provider = Provider::new(client.issuer.clone(), timing)?;
        let mut running = JoinSet::new();
        running.spawn(Arc::clone(&provider).run());
        Ok(Self { client, provider, _running: running })
    }

    /// The provider's name in tokens.
    pub fn issuer(&self) -> &str {
        &self.client.issuer.issuer
    }

    /// Begins a login: where the browser is sent to, and what is kept for it.
    ///
    /// # Errors
    /// [`LoginError::Provider`].
    pub async fn begin(&self) -> Result<(String, Begun), LoginError> {
        let random = || URL_SAFE_NO_PAD.encode(rand::random::<[u8; RANDOM_BYTES]>());
        let begun = Begun { state: random(), nonce: random(), verifier: random() };
        let endpoints = self.provider.endpoints().await?;
        let mut url = self.url("authorization_endpoint", &endpoints.authorization)?;
        let mut scopes = vec!["openid"];
        scopes.extend(self.client.scopes.iter().map(String::as_str));
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&begun.verifier));
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client.id)
            .append_pair("redirect_uri", &self.client.redirect_uri)
            .append_pair("scope", &scopes.join(" "))
            .append_pair("state", &begun.state)
            .append_pair("nonce", &begun.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok((url.into(), begun))
    }

    /// Ends a login: changes the code for an identity token, and believes it if it holds.
    ///
    /// # Errors
    /// [`LoginError`].
    pub async fn finish(
        &self,
        begun: &Begun,
        returned: Returned<'_>,
    ) -> Result<Claims, LoginError> {
        if returned.issuer.is_some_and(|issuer| issuer != self.issuer()) {
            return Err(LoginError::OtherIssuer);
        }
        if returned.code.is_empty() || returned.code.len() > CODE_BYTES_MAX {
            return Err(LoginError::Code);
        }
        let endpoints = self.provider.endpoints().await?;
        let url = self.url("token_endpoint", &endpoints.token)?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", returned.code),
            ("redirect_uri", self.client.redirect_uri.as_str()),
            ("client_id", self.client.id.as_str()),
            ("code_verifier", begun.verifier.as_str()),
        ];
        let basic = self.client.secret.as_deref().map(|secret| self.basic(secret));
        let answer = self.provider.http().post("the token endpoint", url, form_text(&form), basic);
        let answer = json::object(&answer.await?);
        let token = answer.as_ref().and_then(|answer| answer.get("id_token"));
        let missing = || LoginError::Provider("the token endpoint gives no `id_token`".to_owned());
        let token = token.and_then(Value::as_str).ok_or_else(missing)?;
        let (members, ends) = self.judge(token, OffsetDateTime::now_utc()).await?;
        if members.get("nonce").and_then(Value::as_str) != Some(begun.nonce.as_str()) {
            return Err(LoginError::Nonce);
        }
        Ok(Claims::new(members, ends))
    }

    /// OpenID Connect Core 3.1.3.7.
    async fn judge(
        &self,
        text: &str,
        now: OffsetDateTime,
    ) -> Result<(Map<String, Value>, OffsetDateTime), LoginError> {
        let token = token::read(text).map_err(LoginError::Token)?;
        let issuer = &self.client.issuer;
        let refused = |refusal| Err(LoginError::Token(refusal));
        if token.claims.get("iss").and_then(Value::as_str) != Some(self.issuer()) {
            return refused(Refusal::Issuer);
        }
        self.provider.check_signature(&token).await.map_err(LoginError::Token)?;
        let members = token.claims;
        let ends = check_times(&members, (now, self.provider.timing.skew));
        let ends = ends.map_err(LoginError::Token)?;
        check_audience(&members, &issuer.audiences).map_err(LoginError::Token)?;
        let several = members.get("aud").and_then(Value::as_array).is_some_and(|all| all.len() > 1);
        let party = members.get("azp").map(|party| party.as_str() == Some(&self.client.id));
        if party == Some(false) || several && party.is_none() {
            return refused(Refusal::Audience);
        }
        // Logout tokens are signed by the same keys for the same client.
        if members.contains_key("events") {
            return refused(Refusal::Claim);
        }
        let subject = members.get("sub").and_then(Value::as_str);
        if subject.is_none_or(str::is_empty) {
            return refused(Refusal::Claim);
        }
        Ok((members, ends))
    }

    fn url(&self, name: &'static str, text: &str) -> Result<Url, LoginError> {
        let url = check_url(name, text, self.client.issuer.is_loopback());
        url.map_err(|error| LoginError::Provider(error.to_string()))
    }

    /// RFC 6749 2.3.1: both parts are form-encoded first.
    fn basic(&self, secret: &str) -> String {
        let encoded = |text: &str| form_text(&[("", text)]).trim_start_matches('=').to_owned();
        let both = format!("{}:{}", encoded(&self.client.id), encoded(secret));
        format!("Basic {}", STANDARD.encode(both))
    }
}

/// `application/x-www-form-urlencoded`.
fn form_text(pairs: &[(&str, &str)]) -> String {
    // The address is never opened: it lends its encoder.
    let Ok(mut url) = Url::parse("https://localhost/") else { return String::new() };
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_encoded() {
        assert_eq!(form_text(&[("a", "x y&="), ("ü", "1")]), "a=x+y%26%3D&%C3%BC=1");
    }
}
