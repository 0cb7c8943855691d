//! One issuer's keys: fetched by a task of its own, kept, refreshed by age, and fetched again when
//! a token names a key that is not there. Requests only wait for that task, so a client that goes
//! away breaks nothing off; however many wait, there is one fetch.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rand::RngExt;
use serde_json::Value;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::algorithm::Algorithm;
use crate::http::{FetchError, Http};
use crate::issuer::{Issuer, IssuerError, check_url};
use crate::json;
use crate::keys::{Key, KeySet};
use crate::refusal::Refusal;
use crate::token::Token;

/// When keys are fetched, and how long they are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Keys of this age are fetched again, used or not: a withdrawn key stops working.
    pub refresh_after: Duration,
    /// The least time between two fetches while there are keys: a flood of unknown `kid`s must not
    /// become a flood at the provider.
    pub refetch_min: Duration,
    /// The least time between two fetches while there are none.
    pub retry_min: Duration,
    /// How long keys are believed while the provider cannot be reached; then nothing is.
    pub kept_max: Duration,
    /// How far the clocks of the provider and of this machine may be apart.
    pub skew: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            refresh_after: Duration::from_secs(10 * 60),
            refetch_min: Duration::from_secs(30),
            retry_min: Duration::from_secs(5),
            kept_max: Duration::from_secs(6 * 60 * 60),
            skew: Duration::from_secs(60),
        }
    }
}

/// The longest a request waits for a fetch: the two documents' own bounds, and a little.
const WAIT_MAX: Duration = Duration::from_secs(11);

/// Refreshes are spread by up to this part of their time, so that replicas do not come together.
const JITTER_PERCENT: u32 = 10;

/// Where people are sent to sign in, and where codes are changed for tokens.
#[derive(Clone, Debug)]
pub(crate) struct Endpoints {
    pub(crate) authorization: String,
    pub(crate) token: String,
}

/// One issuer with its keys.
pub(crate) struct Provider {
    pub(crate) issuer: Issuer,
    pub(crate) timing: Timing,
    http: Http,
    state: Mutex<State>,
    wanted: Notify,
    /// Counts attempts that have ended.
    attempts: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    keys: Option<(Arc<KeySet>, Instant)>,
    /// As the discovery document had them last.
    endpoints: Option<Endpoints>,
    /// When the last attempt began.
    tried: Option<Instant>,
    running: bool,
}

impl Provider {
    pub(crate) fn new(issuer: Issuer, timing: Timing) -> Result<Arc<Self>, IssuerError> {
        issuer.check()?;
        let http = Http::new(&issuer)?;
        Ok(Arc::new(Self {
            issuer,
            timing,
            http,
            state: Mutex::default(),
            wanted: Notify::new(),
            attempts: watch::Sender::new(0),
        }))
    }

    /// Checks that a token is signed as this provider may sign, by a key of its own.
    ///
    /// # Errors
    /// [`Refusal::AlgorithmNotAllowed`], [`Refusal::Signature`], and those of [`Self::key`].
    pub(crate) async fn check_signature(&self, token: &Token<'_>) -> Result<(), Refusal> {
        if !self.issuer.algorithms.contains(&token.algorithm) {
            return Err(Refusal::AlgorithmNotAllowed);
        }
        let key = self.key(token.kid.as_deref(), token.algorithm).await?;
        match key.verifies(token.algorithm, token.signed, token.signature) {
            true => Ok(()),
            false => Err(Refusal::Signature),
        }
    }

    /// The key that a token means; waits for a fetch if one may help.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`], and those of [`KeySet::find`].
    pub(crate) async fn key(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Arc<Key>, Refusal> {
        match self.kept_key(kid, algorithm) {
            Err(Refusal::UnknownKey | Refusal::Unavailable) => {}
            decided => return decided,
        }
        self.refetched().await;
        self.kept_key(kid, algorithm)
    }

    fn kept_key(&self, kid: Option<&str>, algorithm: Algorithm) -> Result<Arc<Key>, Refusal> {
        let keys = self.kept().ok_or(Refusal::Unavailable)?;
        keys.find(kid, algorithm).cloned()
    }

    /// The keys, unless they are too old to be believed.
    fn kept(&self) -> Option<Arc<KeySet>> {
        let state = self.state.lock();
        let (keys, fetched) = state.keys.as_ref()?;
        (fetched.elapsed() < self.timing.kept_max).then(|| Arc::clone(keys))
    }

    /// Waits until an attempt has ended, if one runs or may begin.
    async fn refetched(&self) {
        // Before the state is looked at: an attempt that ends in between is not missed.
        let mut attempts = self.attempts.subscribe();
        attempts.mark_unchanged();
        if !self.may_help() {
            return;
        }
        self.wanted.notify_one();
        // What is there afterwards decides.
        let _ = tokio::time::timeout(WAIT_MAX, attempts.changed()).await;
    }

    fn may_help(&self) -> bool {
        let state = self.state.lock();
        state.running || self.is_due(&state)
    }

    fn is_due(&self, state: &State) -> bool {
        let believed = |fetched: &Instant| fetched.elapsed() < self.timing.kept_max;
        let has_keys = state.keys.as_ref().is_some_and(|(_, fetched)| believed(fetched));
        let least = if has_keys { self.timing.refetch_min } else { self.timing.retry_min };
        state.tried.is_none_or(|tried| tried.elapsed() >= least)
    }

    /// Fetches at once, then by age and when asked to, for ever.
    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            self.attempt().await;
            let next = Instant::now() + self.pause();
            loop {
                tokio::select! {
                    () = tokio::time::sleep_until(next) => break,
                    () = self.wanted.notified() => {}
                }
                // Asked by somebody whom an attempt has served meanwhile: not again.
                if self.begin() {
                    break;
                }
            }
        }
    }

    /// Marks an attempt as running if one may begin, so that who asks from now on waits for it.
    fn begin(&self) -> bool {
        let mut state = self.state.lock();
        let due = self.is_due(&state);
        if due {
            state.running = true;
        }
        due
    }

    fn pause(&self) -> Duration {
        let brought = {
            let state = self.state.lock();
            state.keys.as_ref().map(|(_, fetched)| *fetched) == state.tried
        };
        let base = match (brought, self.kept().is_some()) {
            (true, _) => self.timing.refresh_after,
            (false, true) => self.timing.refetch_min,
            (false, false) => self.timing.retry_min,
        };
        let percent = rand::rng().random_range(100 - JITTER_PERCENT..=100);
        base * percent / 100
    }

    async fn attempt(&self) {
        let began = Instant::now();
        {
            let mut state = self.state.lock();
            state.running = true;
            state.tried = Some(began);
        }
        let fetched = self.fetch().await;
        let mut state = self.state.lock();
        state.running = false;
        let issuer = self.issuer.issuer.as_str();
        match fetched {
            Ok(keys) => {
                let (count, left_out) = (keys.len(), keys.left_out);
                tracing::debug!(issuer, count, left_out, "the issuer's keys were fetched");
                state.keys = Some((Arc::new(keys), began));
            }
            Err(error) => {
                let age = state.keys.as_ref().map(|(_, fetched)| fetched.elapsed().as_secs());
                tracing::warn!(issuer, %error, keys_age_seconds = age, "no keys of the issuer");
            }
        }
        drop(state);
        self.attempts.send_modify(|count| *count += 1);
    }

    async fn fetch(&self) -> Result<KeySet, FetchError> {
        const KEYS: &str = "the key set";
        let local = self.issuer.is_loopback();
        let uri = match &self.issuer.jwks_uri {
            Some(uri) => uri.clone(),
            None => self.discover().await?,
        };
        // What an operator wrote may be anywhere; what a provider wrote may not.
        let local = local || self.issuer.jwks_uri.is_some();
        let url = check_url("jwks_uri", &uri, local);
        let url = url.map_err(|_| FetchError::Unusable(KEYS, "is not at an https address"))?;
        let document = self.http.get(KEYS, url).await?;
        KeySet::read(&document).map_err(|why| FetchError::Unusable(KEYS, why))
    }

    /// OpenID Connect Discovery 1.0, section 4: where the keys are.
    async fn discover(&self) -> Result<String, FetchError> {
        const DISCOVERY: &str = "the discovery document";
        let unusable = |why| FetchError::Unusable(DISCOVERY, why);
        let base = self.issuer.issuer.trim_end_matches('/');
        let url = format!("{base}/.well-known/openid-configuration").parse();
        let url = url.map_err(|_| unusable("has no address"))?;
        let document = self.http.get(DISCOVERY, url).await?;
        let document = json::object(&document).ok_or(unusable("is not one plain JSON object"))?;
        let text = |name: &str| document.get(name).and_then(Value::as_str);
        // Section 4.3: otherwise one provider could speak for another.
        if text("issuer") != Some(&self.issuer.issuer) {
            return Err(unusable("is of another `issuer`"));
        }
        let owned = |name: &str| text(name).map(str::to_owned);
        self.state.lock().endpoints = owned("authorization_endpoint")
            .zip(owned("token_endpoint"))
            .map(|(authorization, token)| Endpoints { authorization, token });
        owned("jwks_uri").ok_or(unusable("has no `jwks_uri`"))
    }

    /// Where people are sent to sign in.
    ///
    /// # Errors
    /// Why that cannot be known now.
    pub(crate) async fn endpoints(&self) -> Result<Endpoints, FetchError> {
        let known = || self.state.lock().endpoints.clone();
        if let Some(known) = known() {
            return Ok(known);
        }
        self.discover().await?;
        let missing = "has no `authorization_endpoint` or no `token_endpoint`";
        known().ok_or(FetchError::Unusable("the discovery document", missing))
    }

    pub(crate) fn http(&self) -> &Http {
        &self.http
    }
}
