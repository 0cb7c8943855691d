//! The real `sluicegate` binary as a process: started with a configuration file of its own, driven
//! over its REST API, watched through `/proc`, killed and started again on the same ports and
//! state.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context;
use parking_lot::Mutex;
use serde_json::Value;
use tempfile::TempDir;

use crate::expect::eventually;
use crate::http::{self, Answer, Connection, Socket, request};
use crate::metrics::Metrics;
use crate::process::Process;
use crate::tls::{Authority, Identity};
use crate::{canary, ports, sse};

/// How long the process may take to answer `/livez` and be ready.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How long a drain may take before it is a failure.
const DRAIN_LIMIT: Duration = Duration::from_secs(35);
/// How long one REST call may take.
const REST_LIMIT: Duration = Duration::from_secs(30);

/// How a gateway shall be started.
#[derive(Clone, Debug)]
pub struct Options {
    /// More lines of TOML, with their section headers.
    pub toml: String,
    /// Whether the HTTP listener speaks TLS.
    pub tls: bool,
    /// Whether it asks clients for certificates of its own authority, see [`Gateway::client`].
    pub client_certificates: bool,
    /// The log level.
    pub level: String,
    /// More environment variables.
    pub environment: Vec<(String, String)>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            toml: String::new(),
            tls: false,
            client_certificates: false,
            level: "debug".to_owned(),
            environment: Vec::new(),
        }
    }
}

/// A gateway process with its folder; dropping it kills the process and removes the folder.
pub struct Gateway {
    http_port: u16,
    metrics_port: u16,
    token: String,
    authority: Authority,
    options: Options,
    process: Mutex<Option<Process>>,
    // After the process: the folder goes when it is stopped.
    folder: TempDir,
}

/// A secret that an apply handed out.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Secret {
    /// The credential's name, which is its id.
    pub credential: String,
    /// Its application.
    pub application: String,
    /// The secret, shown once.
    pub secret: String,
}

/// What an apply did.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
pub struct Applied {
    /// The catalog's version after it.
    pub version: Value,
    /// Each resource and what happened to it.
    pub resources: Vec<Value>,
    /// New secrets.
    #[serde(default)]
    pub secrets: Vec<Secret>,
}

impl Applied {
    /// The new secret of an application.
    pub fn secret(&self, application: &str) -> anyhow::Result<&Secret> {
        let found = self.secrets.iter().find(|secret| secret.application == application);
        found.with_context(|| format!("no new secret for {application}"))
    }
}

/// The binary under test.
pub fn binary() -> PathBuf {
    std::env::var_os("SLUICEGATE_BIN")
        .map_or_else(|| crate::repository().join("bin/sluicegate"), PathBuf::from)
}

impl Gateway {
    /// Starts a gateway with default options and waits until it is ready.
    pub async fn start() -> anyhow::Result<Gateway> {
        Gateway::start_with(Options::default()).await
    }

    /// Starts a gateway and waits until it is ready.
    pub async fn start_with(options: Options) -> anyhow::Result<Gateway> {
        let gateway = Gateway::launch(options).await?;
        gateway.ready(START_LIMIT).await?;
        Ok(gateway)
    }

    /// Starts a gateway and waits only until it is alive: for starts that are not healthy.
    pub async fn launch(options: Options) -> anyhow::Result<Gateway> {
        let gateway = Gateway::prepare(options)?;
        gateway.run().await?;
        Ok(gateway)
    }

    /// Starts another gateway, on ports of its own, from copies of this one's catalog and keys: a
    /// replica. This one must have been stopped cleanly, so that its file is whole.
    pub async fn replica(&self, options: Options) -> anyhow::Result<Gateway> {
        anyhow::ensure!(!self.is_running(), "a catalog in use cannot be copied");
        let gateway = Gateway::prepare(options)?;
        for entry in std::fs::read_dir(self.folder())? {
            let entry = entry?;
            let name = entry.file_name();
            // The catalog, the cluster key beside it, and the key of what is sealed.
            if name.to_string_lossy().starts_with("state.sqlite") || name == "master.key" {
                std::fs::copy(entry.path(), gateway.folder().join(name))?;
            }
        }
        gateway.run().await?;
        gateway.ready(START_LIMIT).await?;
        Ok(gateway)
    }

    fn prepare(options: Options) -> anyhow::Result<Gateway> {
        let gateway = Gateway {
            http_port: ports::free()?,
            metrics_port: ports::free()?,
            token: canary::Canary::new("admin-token-").value,
            authority: Authority::new()?,
            options,
            process: Mutex::new(None),
            folder: TempDir::with_prefix("sluicegate-gateway-")?,
        };
        gateway.write_files()?;
        Ok(gateway)
    }

    fn write_files(&self) -> anyhow::Result<()> {
        let folder = self.folder.path();
        let path = |name: &str| folder.join(name).display().to_string();
        std::fs::write(folder.join("admin.token"), format!("{}\n", self.token))?;
        let (http, metrics) = (self.http_port, self.metrics_port);
        let mut toml = format!("[http]\nlisten = \"127.0.0.1:{http}\"\n");
        if self.options.tls {
            let Identity { certificate, key } = self.authority.server()?;
            std::fs::write(folder.join("tls.crt"), certificate)?;
            std::fs::write(folder.join("tls.key"), key)?;
            let (certificate, key) = (path("tls.crt"), path("tls.key"));
            let mut client_ca = String::new();
            if self.options.client_certificates {
                std::fs::write(folder.join("clients.crt"), self.authority.ca())?;
                client_ca = format!(", client_ca = \"{}\"", path("clients.crt"));
            }
            toml += &format!(
                "tls = {{ certificate = \"{certificate}\", key = \"{key}\"{client_ca} }}\n"
            );
        }
        toml += &format!("[metrics]\nlisten = \"127.0.0.1:{metrics}\"\n");
        toml += &format!("[admin]\ntoken_file = \"{}\"\n", path("admin.token"));
        toml += &format!("[store]\npath = \"{}\"\n", path("state.sqlite"));
        toml += &format!("[secrets]\nmaster_key_file = \"{}\"\n", path("master.key"));
        toml += &format!("[log]\nformat = \"json\"\nlevel = \"{}\"\n", self.options.level);
        toml += &self.options.toml;
        std::fs::write(folder.join("sluicegate.toml"), toml)?;
        Ok(())
    }

    /// Starts the process (again), on the same ports and state, and waits until it is alive.
    pub async fn run(&self) -> anyhow::Result<()> {
        let binary = binary();
        anyhow::ensure!(
            binary.is_file(),
            "{} does not exist: run `make build`, or set SLUICEGATE_BIN",
            binary.display()
        );
        let mut command = Command::new(binary);
        command
            .args(["serve", "--config"])
            .arg(self.folder.path().join("sluicegate.toml"))
            .current_dir(self.folder.path())
            .envs(self.options.environment.iter().map(|(key, value)| (key, value)));
        let process = Process::spawn(command, &self.log_path(), Some(self.folder.path()))?;
        *self.process.lock() = Some(process);
        self.alive().await.with_context(|| self.output())
    }

    async fn alive(&self) -> anyhow::Result<()> {
        let start = Instant::now();
        while start.elapsed() < START_LIMIT {
            if let Some(status) = self.process.lock().as_mut().and_then(Process::ended) {
                anyhow::bail!("sluicegate ended with {status}");
            }
            if self.probe("/livez").await.is_ok_and(|answer| answer.status() == 200) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        anyhow::bail!("sluicegate is not alive within {START_LIMIT:?}")
    }

    /// Waits until `/readyz` answers 200.
    pub async fn ready(&self, limit: Duration) -> anyhow::Result<()> {
        let ready = eventually(limit, "/readyz answers 200", || async {
            (self.readyz().await.ok()?.status() == 200).then_some(())
        });
        ready.await.with_context(|| self.output())
    }

    /// `/readyz` as it answers now.
    pub async fn readyz(&self) -> anyhow::Result<Answer> {
        self.probe("/readyz").await
    }

    /// The metrics as they are now.
    pub async fn metrics(&self) -> anyhow::Result<Metrics> {
        let answer = self.probe("/metrics").await?;
        anyhow::ensure!(answer.status() == 200, "/metrics answers {}", answer.status());
        Metrics::parse(&answer.text())
    }

    /// `GET` on the metrics listener.
    pub async fn probe(&self, target: &str) -> anyhow::Result<Answer> {
        http::fetch(&format!("127.0.0.1:{}", self.metrics_port), target).await
    }

    /// `host:port` of the doors and the REST API.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.http_port)
    }

    /// `host:port` of the metrics listener.
    pub fn metrics_address(&self) -> String {
        format!("127.0.0.1:{}", self.metrics_port)
    }

    /// The admin token: a canary too.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The PEM certificate to trust when the listener speaks TLS.
    pub fn ca(&self) -> &str {
        self.authority.ca()
    }

    /// A certificate for a client, of the authority that the listener trusts.
    pub fn client(&self, name: &str) -> anyhow::Result<Identity> {
        self.authority.client(name)
    }

    /// A subscription request to an endpoint.
    pub fn events(&self, endpoint: &str) -> sse::Request {
        let request = sse::Request::new(&self.address(), endpoint);
        match self.tls() {
            Ok(Some(config)) => request.tls(config),
            _ => request,
        }
    }

    fn tls(&self) -> anyhow::Result<Option<std::sync::Arc<rustls::ClientConfig>>> {
        self.options.tls.then(|| crate::tls::client_config(self.ca(), None)).transpose()
    }

    /// A REST call with the admin token.
    pub async fn rest(
        &self,
        method: &str,
        path: &str,
        media_type: &str,
        body: &[u8],
    ) -> anyhow::Result<Answer> {
        let authorization = format!("Bearer {}", self.token);
        let headers = [("Authorization", authorization.as_str()), ("Content-Type", media_type)];
        self.send(method, &format!("/api/v1/{path}"), &headers, body).await
    }

    /// Any call, with these headers and a connection of its own.
    pub async fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> anyhow::Result<Answer> {
        let headers = [headers, &[("Connection", "close")]].concat();
        let bytes = request(method, target, &headers, body);
        let answer = async {
            let mut connection =
                Connection::new(Socket::connect(&self.address(), self.tls()?).await?);
            connection.send(&bytes).await?;
            connection.answer().await
        };
        crate::expect::within(REST_LIMIT, "an answer", answer).await?
    }

    /// Applies YAML documents; a refusal is an error that shows it.
    pub async fn apply(&self, yaml: &str) -> anyhow::Result<Applied> {
        let answer = self.rest("POST", "apply", "application/yaml", yaml.as_bytes()).await?;
        anyhow::ensure!(
            (200..300).contains(&answer.status()),
            "apply answers {}: {}",
            answer.status(),
            answer.text()
        );
        serde_json::from_slice(&answer.body).with_context(|| answer.text())
    }

    /// Applies YAML documents that must be refused; gives the refusal.
    pub async fn apply_refused(&self, yaml: &str) -> anyhow::Result<Answer> {
        let answer = self.rest("POST", "apply", "application/yaml", yaml.as_bytes()).await?;
        anyhow::ensure!(answer.status() >= 400, "applied: {}", answer.text());
        Ok(answer)
    }

    /// `POST /api/v1/{path}` without a body, such as `credentials/{name}/revoke`.
    pub async fn act(&self, path: &str) -> anyhow::Result<Answer> {
        let answer = self.rest("POST", path, "application/json", b"").await?;
        let (status, text) = (answer.status(), answer.text());
        anyhow::ensure!((200..300).contains(&status), "{path} answers {status}: {text}");
        Ok(answer)
    }

    /// Revokes a credential.
    pub async fn revoke(&self, credential: &str) -> anyhow::Result<()> {
        self.act(&format!("credentials/{credential}/revoke")).await.map(drop)
    }

    /// Gives a suspended subscription its rights back.
    pub async fn resume(&self, subscription: &str) -> anyhow::Result<()> {
        self.act(&format!("subscriptions/{subscription}/resume")).await.map(drop)
    }

    /// Suspends a subscription.
    pub async fn suspend(&self, subscription: &str) -> anyhow::Result<()> {
        self.act(&format!("subscriptions/{subscription}/suspend")).await.map(drop)
    }

    /// Kills the process at once.
    pub fn sigkill(&self) {
        drop(self.process.lock().take());
    }

    /// Asks the process to drain and waits until it has ended.
    pub async fn sigterm(&self) -> anyhow::Result<std::process::ExitStatus> {
        let mut process = self.process.lock().take().context("not running")?;
        process.signal("TERM");
        process.wait(DRAIN_LIMIT).await
    }

    /// Kills the process and starts it again on the same ports and state.
    pub async fn restart(&self) -> anyhow::Result<()> {
        self.sigkill();
        self.run().await
    }

    /// The process id.
    pub fn pid(&self) -> anyhow::Result<u32> {
        let process = self.process.lock();
        Ok(process.as_ref().context("not running")?.id())
    }

    /// Resident memory in bytes.
    pub fn resident_bytes(&self) -> anyhow::Result<u64> {
        self.process.lock().as_ref().context("not running")?.resident_bytes()
    }

    /// CPU time used so far.
    pub fn cpu_time(&self) -> anyhow::Result<Duration> {
        self.process.lock().as_ref().context("not running")?.cpu_time()
    }

    /// Open file descriptors.
    pub fn open_files(&self) -> anyhow::Result<usize> {
        self.process.lock().as_ref().context("not running")?.open_files()
    }

    /// Whether the process runs.
    pub fn is_running(&self) -> bool {
        self.process.lock().as_mut().is_some_and(|process| process.ended().is_none())
    }

    /// Everything it wrote so far, over restarts.
    pub fn output(&self) -> String {
        let bytes = std::fs::read(self.log_path()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Its folder: configuration, state, log; for canary searches.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file with everything it wrote.
    pub fn log_path(&self) -> PathBuf {
        self.folder.path().join("output.log")
    }
}
