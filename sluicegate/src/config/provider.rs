//! `[admin.provider]`: the identity provider by which people sign in. Fetches nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::bail;
use catalog::people::Role;
use identity::{Algorithm, Client, Issuer};
use serde::{Deserialize, Serialize};

use super::identity::{read_ca, usual_algorithms};

/// Where browsers come back to, below the public URL.
const CALLBACK: &str = "/api/v1/session/provider/callback";

/// `[admin.provider]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// What it is called on the button.
    #[serde(default = "usual_title")]
    pub title: String,
    /// As its tokens spell it in `iss`; discovery begins there.
    pub issuer: String,
    /// `client_id`.
    pub client_id: String,
    /// File with the `client_secret`; without it a public client.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// What is asked for beside `openid`.
    #[serde(default = "usual_scopes")]
    pub scopes: Vec<String>,
    /// What tokens may be signed with.
    #[serde(default = "usual_algorithms")]
    pub algorithms: Vec<Algorithm>,
    /// Certificates to trust instead of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Whether somebody who is not known here becomes a user.
    #[serde(default = "yes")]
    pub provision: bool,
    /// The claim that holds teams; absent: teams are given here.
    #[serde(default)]
    pub teams_claim: Option<String>,
    /// The claim that holds what roles are given for; absent: roles are given here.
    #[serde(default)]
    pub roles_claim: Option<String>,
    /// Values of that claim, and the roles for them.
    #[serde(default)]
    pub roles: BTreeMap<String, Role>,
    /// Roles of whoever becomes a user.
    #[serde(default = "usual_roles")]
    pub default_roles: BTreeSet<Role>,
}

fn usual_title() -> String {
    "Single sign-on".to_owned()
}

fn usual_scopes() -> Vec<String> {
    ["profile", "email"].map(str::to_owned).into()
}

fn usual_roles() -> BTreeSet<Role> {
    BTreeSet::from([Role::Developer])
}

fn yes() -> bool {
    true
}

impl Provider {
    /// Checks it by itself.
    ///
    /// # Errors
    /// What is wrong, and how to write it.
    pub fn validate(&self, public_url: Option<&str>) -> anyhow::Result<()> {
        if public_url.is_none() {
            bail!(
                "admin.provider needs admin.public_url (or http.public_url): browsers come back \
                 to {CALLBACK} there"
            );
        }
        if self.client_id.is_empty() {
            bail!("admin.provider.client_id is empty");
        }
        if !self.roles.is_empty() && self.roles_claim.is_none() {
            bail!("admin.provider.roles needs admin.provider.roles_claim");
        }
        self.issuer(None).check()?;
        Ok(())
    }

    /// Our client at the provider.
    ///
    /// # Errors
    /// Which file cannot be read.
    pub fn client(&self, public_url: &str, secret: Option<String>) -> anyhow::Result<Client> {
        let ca = self.ca_file.as_deref().map(|file| read_ca("admin.provider.ca_file", file));
        Ok(Client {
            issuer: self.issuer(ca.transpose()?),
            id: self.client_id.clone(),
            secret,
            scopes: self.scopes.clone(),
            redirect_uri: format!("{}{CALLBACK}", public_url.trim_end_matches('/')),
        })
    }

    fn issuer(&self, ca: Option<String>) -> Issuer {
        let issuer = Issuer::new(&self.issuer, &[&self.client_id]);
        Issuer { algorithms: self.algorithms.clone(), ca, ..issuer }
    }
}
