//! Starts what verifies tokens.

use std::sync::Arc;

use anyhow::{Context, anyhow};
use identity::Verifier;

use crate::config::Identity;

/// A verifier of the configured issuers' tokens. It starts to fetch their keys; a provider that is
/// not there yet keeps nothing from starting.
///
/// # Errors
/// Which issuer cannot be used.
pub fn start(identity: &Identity) -> anyhow::Result<Arc<Verifier>> {
    let issuers = identity.issuers()?;
    let started = Verifier::start(issuers, identity.timing());
    let verifier = started
        .map_err(|(issuer, error)| anyhow!(error).context(issuer))
        .context("identity.issuers")?;
    Ok(Arc::new(verifier))
}
