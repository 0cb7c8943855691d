//! A real Keycloak as a process: everything in its memory, a realm imported by a test, tokens by
//! client credentials, and its administration interface for what a test changes.

mod browser;
mod install;

pub use browser::portal_client;

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::expect::within;
use crate::http::{self, Answer};
use crate::ports;
use crate::process::Process;

/// How long a start may take: some ten seconds on a machine that has nothing else to do.
const START_LIMIT: Duration = Duration::from_secs(180);
/// How long one request may take.
const REQUEST_LIMIT: Duration = Duration::from_secs(30);
/// The administrator of the realm `master`.
const ADMIN: [&str; 2] = ["admin", "a-password-for-tests"];
/// Small, and quick to start rather than quick to run.
const JAVA_OPTS: &str = "-Xms96m -Xmx512m -XX:MetaspaceSize=96M -XX:MaxMetaspaceSize=256m \
    -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dfile.encoding=UTF-8";
/// The realm of the tests.
const REALM: &str = "events";

/// A running Keycloak with one realm.
pub struct Keycloak {
    port: u16,
    process: Mutex<Option<Process>>,
    // After the process: the folder goes when it is stopped.
    _folder: TempDir,
}

impl Keycloak {
    /// Starts it with these clients (`ClientRepresentation`s) in its realm.
    pub async fn start(clients: &[Value]) -> anyhow::Result<Keycloak> {
        let home = tokio::task::spawn_blocking(install::home).await??;
        let folder = TempDir::with_prefix("sluicegate-keycloak-")?;
        let port = ports::free()?;
        let mut command = Command::new(home.join("bin/kc.sh"));
        command
            .args(["start", "--optimized", "--cache=local"])
            .arg("--http-enabled=true")
            // Otherwise issuers would be named after each request's Host.
            .arg(format!("--hostname=http://127.0.0.1:{port}"))
            .args([format!("--http-port={port}"), "--http-host=127.0.0.1".to_owned()])
            .env("JAVA_OPTS", JAVA_OPTS)
            .env("KC_BOOTSTRAP_ADMIN_USERNAME", ADMIN[0])
            .env("KC_BOOTSTRAP_ADMIN_PASSWORD", ADMIN[1]);
        let log = folder.path().join("output.log");
        let process = Process::spawn(command, &log, Some(folder.path()))?;
        let process = Mutex::new(Some(process));
        let keycloak = Keycloak { port, process, _folder: folder };
        keycloak.up().await?;
        let realm = json!({"realm": REALM, "enabled": true, "clients": clients});
        let made = keycloak.admin("POST", "", &realm).await?;
        anyhow::ensure!(made.status() == 201, "the realm is refused: {}", made.text());
        Ok(keycloak)
    }

    async fn up(&self) -> anyhow::Result<()> {
        let start = Instant::now();
        while start.elapsed() < START_LIMIT {
            let answer = http::fetch(&self.address(), "/realms/master").await;
            if answer.is_ok_and(|answer| answer.status() == 200) {
                return Ok(());
            }
            if let Some(process) = self.process.lock().as_mut()
                && let Some(status) = process.ended()
            {
                anyhow::bail!("Keycloak ended with {status}: {}", process.output());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let output = self.process.lock().as_ref().map(Process::output).unwrap_or_default();
        anyhow::bail!("Keycloak is not up within {START_LIMIT:?}: {output}")
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The realm's issuer.
    pub fn issuer(&self) -> String {
        format!("http://{}/realms/{REALM}", self.address())
    }

    /// An access token of a client, by client credentials.
    pub async fn token(&self, client: &str, secret: &str) -> anyhow::Result<String> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client),
            ("client_secret", secret),
        ];
        self.access_token(REALM, &form).await
    }

    async fn access_token(&self, realm: &str, form: &[(&str, &str)]) -> anyhow::Result<String> {
        let fields: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let target = format!("/realms/{realm}/protocol/openid-connect/token");
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        let body = fields.join("&");
        let answer = self.request("POST", &target, &headers, body.as_bytes()).await?;
        anyhow::ensure!(answer.status() == 200, "no token: {}", answer.text());
        let token = answer.json()?["access_token"].as_str().map(str::to_owned);
        token.context("no access_token")
    }

    /// Makes the realm sign with a new key, and publish it beside the old one.
    pub async fn rotate_keys(&self) -> anyhow::Result<()> {
        let key = json!({
            "name": "newer",
            "providerId": "rsa-generated",
            "providerType": "org.keycloak.keys.KeyProvider",
            "config": {"priority": ["200"], "enabled": ["true"], "active": ["true"]},
        });
        let answer = self.admin("POST", &format!("/{REALM}/components"), &key).await?;
        anyhow::ensure!(answer.status() == 201, "no new key: {}", answer.text());
        Ok(())
    }

    /// An access token of another realm.
    pub async fn foreign_token(&self) -> anyhow::Result<String> {
        let form = [
            ("grant_type", "password"),
            ("client_id", "admin-cli"),
            ("username", ADMIN[0]),
            ("password", ADMIN[1]),
        ];
        self.access_token("master", &form).await
    }

    /// A call of the administration interface, below `/admin/realms`.
    pub async fn admin(&self, method: &str, path: &str, body: &Value) -> anyhow::Result<Answer> {
        let token = self.foreign_token().await?;
        let authorization = format!("Bearer {token}");
        let headers =
            [("Authorization", authorization.as_str()), ("Content-Type", "application/json")];
        let target = format!("/admin/realms{path}");
        self.request(method, &target, &headers, body.to_string().as_bytes()).await
    }

    async fn request(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> anyhow::Result<Answer> {
        let mut headers = headers.to_vec();
        headers.push(("Connection", "close"));
        let bytes = http::request(method, target, &headers, body);
        within(REQUEST_LIMIT, "Keycloak's answer", http::exchange(&self.address(), &bytes)).await?
    }

    /// Stops it at once.
    pub fn stop(&self) {
        drop(self.process.lock().take());
    }
}
