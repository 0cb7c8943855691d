//! Verifies tokens of the configured issuers: read, find the issuer, find the key, check the
//! signature, then the claims. Claims are judged only when the signature holds.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value};
use std::time::Duration;
use time::OffsetDateTime;
use tokio::task::JoinSet;

use crate::claims::{self, Claims};
use crate::issuer::{Issuer, IssuerError};
use crate::log::RefusalLog;
use crate::provider::{Provider, Timing};
use crate::refusal::Refusal;
use crate::token::{self, Token};

/// Claims that only tokens for clients have: the first two of identity tokens (OpenID Connect Core
/// 3.1.3.6, 3.3.2.11), the third of logout tokens (Back-Channel Logout 2.4).
const NOT_ACCESS: [&str; 3] = ["at_hash", "c_hash", "events"];

/// What `typ` inside the claims is where providers write one (Keycloak does: `Bearer`, `ID`, …).
const ACCESS_TYPES: [&str; 3] = ["Bearer", "JWT", "at+jwt"];

/// Verifies tokens. Its background work ends when it is dropped. By default it knows no issuer and
/// refuses every token.
#[derive(Default)]
pub struct Verifier {
    providers: HashMap<String, Arc<Provider>>,
    log: RefusalLog,
    _running: JoinSet<()>,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.providers.keys()).finish()
    }
}

impl Verifier {
    /// A verifier for these issuers. Fetches their keys at once and from then on. Must be called
    /// inside the runtime that shall do so.
    ///
    /// # Errors
    /// Which issuer is configured wrongly.
    pub fn start(issuers: Vec<Issuer>, timing: Timing) -> Result<Self, (String, IssuerError)> {
        let mut providers = HashMap::new();
        let mut running = JoinSet::new();
        for issuer in issuers {
            let name = issuer.issuer.clone();
            let provider = Provider::new(issuer, timing).map_err(|error| (name.clone(), error))?;
            if providers.insert(name.clone(), Arc::clone(&provider)).is_some() {
                return Err((name, IssuerError::Twice));
            }
            running.spawn(provider.run());
        }
        Ok(Self { providers, log: RefusalLog::default(), _running: running })
    }

    /// Whether any issuer is configured.
    pub fn has_issuers(&self) -> bool {
        !self.providers.is_empty()
    }

    /// The configured issuers.
    pub fn issuers(&self) -> HashSet<&str> {
        self.providers.keys().map(String::as_str).collect()
    }

    /// Verifies a token now.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn verify(&self, token: &str) -> Result<Claims, Refusal> {
        let verified = self.verify_at(token, OffsetDateTime::now_utc()).await;
        verified.inspect_err(|refusal| self.log.tell(*refusal))
    }

    /// Verifies a token at a given time.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn verify_at(&self, token: &str, now: OffsetDateTime) -> Result<Claims, Refusal> {
        let token = token::read(token)?;
        let issuer = token.claims.get("iss").and_then(Value::as_str);
        let provider = issuer.and_then(|issuer| self.providers.get(issuer));
        let provider = provider.ok_or(Refusal::Issuer)?;
        provider.check_signature(&token).await?;
        judge(token, &provider.issuer, (now, provider.timing.skew))
    }
}

/// Judges the claims of a token whose signature holds, at a time that is known so exactly.
fn judge(
    token: Token<'_>,
    issuer: &Issuer,
    (now, skew): (OffsetDateTime, Duration),
) -> Result<Claims, Refusal> {
    let members = token.claims;
    let ends_at = check_times(&members, (now, skew))?;
    check_audience(&members, &issuer.audiences)?;
    let is_access = members.get("typ").is_none_or(|name| ACCESS_TYPES.iter().any(|t| name == t));
    if !is_access || NOT_ACCESS.iter().any(|name| members.contains_key(*name)) {
        return Err(Refusal::NotAnAccessToken);
    }
    if members.contains_key("cnf") {
        return Err(Refusal::Bound);
    }
    if members.get("sub").is_some_and(|subject| !subject.is_string()) {
        return Err(Refusal::Claim);
    }
    if !issuer.claims.iter().all(|(name, value)| claims::holds(&members, name, value)) {
        return Err(Refusal::Claim);
    }
    Ok(Claims::new(members, ends_at))
}

/// Checks that a token holds at a time that is known so exactly, and answers until when it does.
pub(crate) fn check_times(
    members: &Map<String, Value>,
    (now, skew): (OffsetDateTime, Duration),
) -> Result<OffsetDateTime, Refusal> {
    let later = |time: OffsetDateTime| time.checked_add(skew.try_into().ok()?);
    let later = |time| later(time).unwrap_or(time);
    let expires_at = time(members, "exp")?.ok_or(Refusal::Times)?;
    if now >= later(expires_at) {
        return Err(Refusal::Expired);
    }
    if time(members, "nbf")?.is_some_and(|begins| begins > later(now)) {
        return Err(Refusal::NotYetValid);
    }
    // Accepted only because clocks differ: then the same tolerance holds for what follows.
    Ok(if now < expires_at { expires_at } else { later(expires_at) })
}

/// RFC 7519 4.1.3: one string or a list of strings.
pub(crate) fn check_audience(
    members: &Map<String, Value>,
    audiences: &[String],
) -> Result<(), Refusal> {
    let ours = |one: &Value| one.as_str().is_some_and(|one| audiences.iter().any(|a| a == one));
    let held = match members.get("aud") {
        Some(Value::Array(several)) => {
            several.iter().all(Value::is_string) && several.iter().any(ours)
        }
        Some(one) => ours(one),
        None => false,
    };
    if held { Ok(()) } else { Err(Refusal::Audience) }
}

/// A NumericDate (RFC 7519 section 2): seconds, possibly with a fraction.
fn time(members: &Map<String, Value>, name: &str) -> Result<Option<OffsetDateTime>, Refusal> {
    let Some(value) = members.get(name) else {
        return Ok(None);
    };
    let whole = |seconds: f64| {
        // Beyond is no time that a calendar has.
        const SECONDS_MAX: f64 = 253_402_300_799.0; // 9999-12-31T23:59:59Z
        (0.0..=SECONDS_MAX).contains(&seconds).then_some(seconds as i64)
    };
    let seconds = value.as_f64().and_then(whole).ok_or(Refusal::Times)?;
    OffsetDateTime::from_unix_timestamp(seconds).map(Some).map_err(|_| Refusal::Times)
}
