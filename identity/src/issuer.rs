//! What an operator says about an issuer, checked before anything is fetched.

use std::collections::BTreeMap;
use std::net::IpAddr;

use reqwest::Url;

use crate::algorithm::Algorithm;

/// Most audiences and demanded claims of an issuer: more is a mistake.
const ENTRIES_MAX: usize = 32;

/// Where tokens may come from, and what they must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Issuer {
    /// As tokens spell it in `iss`, to the character; discovery begins there.
    pub issuer: String,
    /// `aud` must hold one of these.
    pub audiences: Vec<String>,
    /// What tokens may be signed with.
    pub algorithms: Vec<Algorithm>,
    /// Claims that every token must hold.
    pub claims: BTreeMap<String, String>,
    /// Where the keys are, for providers without discovery.
    pub jwks_uri: Option<String>,
    /// PEM certificates to trust instead of the system's.
    pub ca: Option<String>,
}

/// What is wrong with an issuer's configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// No absolute URL, or one with user, query or fragment.
    #[error("`{0}` is an absolute URL without user, query and fragment")]
    Url(&'static str),
    /// Plain HTTP beyond loopback.
    #[error("`{0}` must be https; http is for loopback only")]
    Plain(&'static str),
    /// Nothing would restrict whom tokens are for.
    #[error("`audience` names at least one audience")]
    NoAudience,
    /// Nothing could be accepted.
    #[error("`algorithms` lists at least one algorithm")]
    NoAlgorithm,
    /// Too many entries.
    #[error("`{0}` has at most {ENTRIES_MAX} entries")]
    TooMany(&'static str),
    /// The certificates cannot be used.
    #[error("`ca_file` has no usable PEM certificate")]
    Ca,
    /// Two issuers are the same.
    #[error("the issuer is configured twice")]
    Twice,
    /// The HTTP client cannot be made.
    #[error("no HTTP client can be made: {0}")]
    Client(String),
}

impl Issuer {
    /// An issuer with these audiences, the usual algorithms, and no further demand.
    pub fn new(issuer: &str, audiences: &[&str]) -> Self {
        Self {
            issuer: issuer.to_owned(),
            audiences: audiences.iter().map(ToString::to_string).collect(),
            algorithms: vec![
                Algorithm::Rs256,
                Algorithm::Ps256,
                Algorithm::Es256,
                Algorithm::EdDsa,
            ],
            claims: BTreeMap::new(),
            jwks_uri: None,
            ca: None,
        }
    }

    /// Checks it by itself: URLs, bounds, that something is demanded.
    ///
    /// # Errors
    /// [`IssuerError`].
    pub fn check(&self) -> Result<(), IssuerError> {
        self.url()?;
        if let Some(uri) = &self.jwks_uri {
            check_url("jwks_uri", uri, true)?;
        }
        if self.audiences.is_empty() || self.audiences.iter().any(String::is_empty) {
            return Err(IssuerError::NoAudience);
        }
        if self.algorithms.is_empty() {
            return Err(IssuerError::NoAlgorithm);
        }
        let counts = [("audience", self.audiences.len()), ("claims", self.claims.len())];
        match counts.into_iter().find(|(_, count)| *count > ENTRIES_MAX) {
            Some((name, _)) => Err(IssuerError::TooMany(name)),
            None => Ok(()),
        }
    }

    pub(crate) fn url(&self) -> Result<Url, IssuerError> {
        check_url("issuer", &self.issuer, true)
    }

    /// Whether the provider is on this machine: then, and only then, HTTP and loopback will do.
    pub(crate) fn is_loopback(&self) -> bool {
        self.url().is_ok_and(|url| is_loopback(&url))
    }
}

/// Checks a URL that keys or what leads to them is fetched from.
pub(crate) fn check_url(name: &'static str, text: &str, local: bool) -> Result<Url, IssuerError> {
    let url = Url::parse(text).map_err(|_| IssuerError::Url(name))?;
    let extra = !url.username().is_empty()
        || url.password().is_some()
        || url.fragment().is_some()
        || (name == "issuer" && url.query().is_some());
    if extra || url.host_str().is_none() {
        return Err(IssuerError::Url(name));
    }
    match url.scheme() {
        // A provider elsewhere has no business to send us to this machine.
        "https" if local || !is_loopback(&url) => Ok(url),
        "http" if local && is_loopback(&url) => Ok(url),
        "http" | "https" => Err(IssuerError::Plain(name)),
        _ => Err(IssuerError::Url(name)),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_loopback_are_fetched_from() {
        let fine = [
            "https://id.example/realms/main",
            "https://id.example:8443",
            "http://localhost:8080/realms/main",
            "http://127.0.0.1:1",
            "http://[::1]:1/x",
        ];
        for url in fine {
            assert_eq!(Issuer::new(url, &["a"]).check(), Ok(()), "{url}");
        }
        let plain = ["http://id.example", "http://169.254.169.254/x", "http://127.0.0.1.example/"];
        for url in plain {
            assert_eq!(
                Issuer::new(url, &["a"]).check(),
                Err(IssuerError::Plain("issuer")),
                "{url}"
            );
        }
        let wrong = [
            "",
            "id.example",
            "file:///etc/passwd",
            "https://",
            "https://u@id.example",
            "https://u:p@id.example",
            "https://id.example/#x",
            "https://id.example/?q=1",
            "ftp://id.example",
        ];
        for url in wrong {
            assert_eq!(Issuer::new(url, &["a"]).check(), Err(IssuerError::Url("issuer")), "{url}");
        }
    }

    #[test]
    fn a_remote_provider_may_not_lead_to_this_machine() {
        for url in ["http://127.0.0.1/k", "https://localhost/k", "http://id.example/k"] {
            assert!(check_url("jwks_uri", url, false).is_err(), "{url}");
        }
        assert!(check_url("jwks_uri", "https://keys.example/k?v=1", false).is_ok());
    }

    #[test]
    fn something_must_be_demanded() {
        let issuer = Issuer::new("https://id.example", &[]);
        assert_eq!(issuer.check(), Err(IssuerError::NoAudience));
        let issuer = Issuer::new("https://id.example", &[""]);
        assert_eq!(issuer.check(), Err(IssuerError::NoAudience));
        let mut issuer = Issuer::new("https://id.example", &["a"]);
        issuer.algorithms.clear();
        assert_eq!(issuer.check(), Err(IssuerError::NoAlgorithm));
        issuer = Issuer::new("https://id.example", &["a"; 33]);
        assert_eq!(issuer.check(), Err(IssuerError::TooMany("audience")));
    }
}
