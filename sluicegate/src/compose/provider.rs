//! Starts what signs people in by an identity provider.

use anyhow::Context;
use identity::Login;

use super::read_secret;
use crate::config::Config;

/// The configured provider. It starts to fetch the provider's keys; a provider that is not there
/// yet keeps nothing from starting.
///
/// # Errors
/// What cannot be used.
pub fn start(config: &Config) -> anyhow::Result<Option<portal::Provider>> {
    let Some(section) = &config.admin.provider else { return Ok(None) };
    let secret = section.client_secret_file.as_deref();
    let secret = secret.map(|file| read_secret(file, "admin.provider.client_secret_file"));
    let public_url = config.public_url().context("admin.public_url is missing")?;
    let client = section.client(public_url, secret.transpose()?)?;
    let login = Login::start(client, config.identity.timing()).context("admin.provider")?;
    Ok(Some(portal::Provider {
        title: section.title.clone(),
        login,
        provision: section.provision,
        teams_claim: section.teams_claim.clone(),
        roles_claim: section.roles_claim.clone(),
        roles: section.roles.clone(),
        default_roles: section.default_roles.clone(),
    }))
}
