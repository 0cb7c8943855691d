//! `[[identity.issuers]]`: whose tokens are believed. Fetches nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use identity::{Algorithm, Issuer, Timing};
use serde::{Deserialize, Serialize};

/// Clocks that are further apart want to be set: every token would live that much longer.
const CLOCK_SKEW_SECONDS_MAX: u64 = 300;

/// Bytes of a file with certificates that are looked at.
const CA_BYTES_MAX: u64 = 1024 * 1024;

/// `[identity]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Identity {
    /// How far providers' clocks may be from this machine's.
    pub clock_skew_seconds: u64,
    /// The issuers; none: no token is believed.
    pub issuers: Vec<IssuerSection>,
}

/// `[[identity.issuers]]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerSection {
    /// As tokens spell it in `iss`.
    pub issuer: String,
    /// `aud` must hold one of these.
    pub audience: Vec<String>,
    /// What tokens may be signed with.
    #[serde(default = "usual_algorithms")]
    pub algorithms: Vec<Algorithm>,
    /// Claims that every token must hold.
    #[serde(default)]
    pub claims: BTreeMap<String, String>,
    /// Where the keys are, for providers without discovery.
    #[serde(default)]
    pub jwks_uri: Option<String>,
    /// Certificates to trust instead of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

impl Default for Identity {
    fn default() -> Self {
        Self { clock_skew_seconds: Timing::default().skew.as_secs(), issuers: Vec::new() }
    }
}

pub(super) fn usual_algorithms() -> Vec<Algorithm> {
    Issuer::new("", &[]).algorithms
}

impl Identity {
    /// Checks the issuers by themselves.
    ///
    /// # Errors
    /// Which one is wrong, and how to write it.
    pub fn validate(&self) -> anyhow::Result<()> {
        if self.clock_skew_seconds > CLOCK_SKEW_SECONDS_MAX {
            bail!("identity.clock_skew_seconds is at most {CLOCK_SKEW_SECONDS_MAX}");
        }
        for (index, section) in self.issuers.iter().enumerate() {
            let named = || format!("identity.issuers: {}", section.issuer);
            section.without_ca().check().with_context(named)?;
            if self.issuers.iter().take(index).any(|earlier| earlier.issuer == section.issuer) {
                bail!("identity.issuers: {} is configured twice", section.issuer);
            }
        }
        Ok(())
    }

    /// When keys are fetched and how exact clocks are.
    pub fn timing(&self) -> Timing {
        Timing { skew: Duration::from_secs(self.clock_skew_seconds), ..Timing::default() }
    }

    /// The issuers, with the certificates they are to be reached with.
    ///
    /// # Errors
    /// Which file cannot be read.
    pub fn issuers(&self) -> anyhow::Result<Vec<Issuer>> {
        self.issuers.iter().map(IssuerSection::issuer).collect()
    }
}

impl IssuerSection {
    fn without_ca(&self) -> Issuer {
        Issuer {
            issuer: self.issuer.clone(),
            audiences: self.audience.clone(),
            algorithms: self.algorithms.clone(),
            claims: self.claims.clone(),
            jwks_uri: self.jwks_uri.clone(),
            ca: None,
        }
    }

    fn issuer(&self) -> anyhow::Result<Issuer> {
        let named = format!("identity.issuers: {}: ca_file", self.issuer);
        let ca = self.ca_file.as_ref().map(|path| read_ca(&named, path));
        Ok(Issuer { ca: ca.transpose()?, ..self.without_ca() })
    }
}

/// Certificates of a file; `key` names it in errors.
pub(super) fn read_ca(key: &str, path: &Path) -> anyhow::Result<String> {
    use std::io::Read;
    let read = || {
        let mut text = String::new();
        std::fs::File::open(path)?.take(CA_BYTES_MAX).read_to_string(&mut text)?;
        std::io::Result::Ok(text)
    };
    read().with_context(|| format!("{key} {}", path.display()))
}
