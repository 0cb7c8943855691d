//! Somebody at a browser who signs in at Keycloak's own page.

use anyhow::Context;
use serde_json::{Value, json};

use super::{Keycloak, REALM};

impl Keycloak {
    /// Makes a user with a password, in groups that are made with it.
    pub async fn user(&self, name: &str, password: &str, groups: &[&str]) -> anyhow::Result<()> {
        for group in groups {
            let (path, group_of) = (format!("/{REALM}/groups"), json!({"name": group}));
            let status = self.admin("POST", &path, &group_of).await?.status();
            anyhow::ensure!(matches!(status, 201 | 409), "the group {group}: {status}");
        }
        let user = json!({
            "username": name, "enabled": true, "email": format!("{name}@example.org"),
            "emailVerified": true, "firstName": name, "lastName": "Example", "groups": groups,
            "credentials": [{"type": "password", "value": password, "temporary": false}],
        });
        let made = self.admin("POST", &format!("/{REALM}/users"), &user).await?;
        anyhow::ensure!(made.status() == 201, "the user {name}: {}", made.text());
        Ok(())
    }

    /// Opens a login's address, fills in the page, and answers where it sends the browser.
    pub async fn sign_in(&self, url: &str, user: &str, password: &str) -> anyhow::Result<String> {
        // The first to come wins; there is no other.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let page = client.get(url).send().await?;
        let cookies: Vec<String> = page
            .headers()
            .get_all("set-cookie")
            .iter()
            .filter_map(|cookie| cookie.to_str().ok()?.split(';').next().map(str::to_owned))
            .collect();
        let (status, page) = (page.status(), page.text().await?);
        let action = page.split("action=\"").nth(1).and_then(|rest| rest.split('"').next());
        let action = action.with_context(|| format!("{status}: no form in {page}"))?;
        let form = format!("username={user}&password={password}&credentialId=");
        let answer = client
            .post(action.replace("&amp;", "&"))
            .header("cookie", cookies.join("; "))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await?;
        let location = answer.headers().get("location").and_then(|to| to.to_str().ok());
        let status = answer.status();
        location.map(str::to_owned).with_context(|| format!("{status}: not sent back"))
    }
}

/// A client by which people sign in: a confidential one, with their groups in identity tokens.
pub fn portal_client(id: &str, secret: &str, redirect_uri: &str) -> Value {
    let mapper = json!({
        "name": "groups",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-group-membership-mapper",
        "config": {"claim.name": "groups", "full.path": "true", "id.token.claim": "true"},
    });
    json!({
        "clientId": id,
        "secret": secret,
        "publicClient": false,
        "standardFlowEnabled": true,
        "redirectUris": [redirect_uri],
        "attributes": {"pkce.code.challenge.method": "S256"},
        "protocolMappers": [mapper],
    })
}
