//! What `sluicegate connect` prints, run as it is printed: saved by the command itself, installed
//! and started with the words it names, with nothing but `SLUICEGATE_SECRET` filled in (and the
//! authority, where TLS is a test's own).

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;
use tempfile::TempDir;

use super::{Client, install};
use crate::documents::Documents;
use crate::gateway::{self, Applied, Gateway};
use crate::kafka::{self, KafkaCluster};
use crate::process::Process;
use crate::produce::{Codec, Producer, Record, read_all};
use crate::tls::{Authority, Identity};
use crate::{cache, eventually, ports};

/// How long what a snippet needs may take to install.
const INSTALL_LIMIT: Duration = Duration::from_secs(600);
/// How long a snippet may take to compile, join its group and show what is there.
const READ_LIMIT: Duration = Duration::from_secs(300);
/// The topic that is read.
const READ: &str = "snippets-real-read";
/// The topic that is written to.
const WRITTEN: &str = "snippets-real-written";
/// Records of the first.
const RECORDS: usize = 3;
/// Clients that there are snippets for.
const CLIENTS: [&str; 13] = [
    "curl",
    "kcat",
    "java",
    "spring",
    "python",
    "node",
    "go",
    "rust",
    "librdkafka",
    "python-sse",
    "node-ws",
    "websocat",
    "browser",
];

/// How the doors of an endpoint are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Without TLS.
    Plain,
    /// With TLS, by an authority of the test's own.
    Tls,
}

impl Way {
    /// Both.
    pub const ALL: [Way; 2] = [Way::Plain, Way::Tls];

    fn name(self) -> &'static str {
        match self {
            Way::Plain => "plain",
            Way::Tls => "tls",
        }
    }
}

/// A broker and a gateway with a plain and a TLS virtual cluster before it.
pub struct Stand {
    /// The broker.
    pub cluster: KafkaCluster,
    /// The gateway; its HTTP door speaks TLS.
    pub gateway: Gateway,
    applied: Applied,
    folder: TempDir,
    /// Where the server of the snippet for browsers listens.
    page: u16,
}

impl Stand {
    /// Starts everything; the topic that is read has records.
    pub async fn start() -> anyhow::Result<Stand> {
        let cluster = KafkaCluster::with(kafka::Options::single()).await?;
        for topic in [READ, WRITTEN] {
            cluster.create_topic(topic, 1).await?;
        }
        let record = |n| Record::value(format!("{{\"n\":{n},\"name\":\"event-{n}\",\"card\":1}}"));
        let records: Vec<Record> = (0..RECORDS).map(record).collect();
        Producer::new(&cluster.bootstrap(), Codec::Lz4)?.send(READ, &records)?;
        let folder = TempDir::with_prefix("sluicegate-snippets-")?;
        let options = gateway::Options {
            toml: kafka_sections(folder.path())?,
            tls: true,
            level: "info".to_owned(),
            ..Default::default()
        };
        let gateway = Gateway::start_with(options).await?;
        // The HTTP door's authority and the Kafka door's, in one file.
        let path = folder.path().join("ca.pem");
        let kafka = std::fs::read_to_string(&path)?;
        std::fs::write(&path, format!("{kafka}{}", gateway.ca()))?;
        let page = ports::free()?;
        let documents = documents(&cluster.bootstrap(), &page_origin(page));
        let applied = gateway.apply(documents.yaml()).await?;
        Ok(Stand { cluster, gateway, applied, folder, page })
    }

    fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// `sluicegate` against this gateway.
    pub fn cli(&self, arguments: &[&str]) -> anyhow::Result<std::process::Output> {
        let mut command = Command::new(gateway::binary());
        command
            .args(arguments)
            .env("SLUICEGATE_URL", format!("https://{}", self.gateway.address()))
            .env("SLUICEGATE_TOKEN", self.gateway.token())
            .env("SSL_CERT_FILE", self.ca())
            .env_remove("LD_LIBRARY_PATH")
            .stdin(Stdio::null());
        Ok(command.output()?)
    }

    /// Has a client read what is there, by a snippet as it is printed.
    pub async fn reads(&self, client: &str, way: Way) -> anyhow::Result<()> {
        let subscription = format!("{client}-read-{}", way.name());
        let snippet = self.save(client, &subscription).await?;
        let running = self.start_snippet(&snippet, "")?;
        let shown = eventually(READ_LIMIT, "all records are shown", || async {
            let output = running.output();
            let all = (0..RECORDS).all(|n| output.contains(&format!("event-{n}")));
            all.then_some(output)
        });
        let shown = shown.await.with_context(|| format!("{client}: {}", running.output()))?;
        anyhow::ensure!(!shown.contains("card"), "{client} {way:?}: not redacted: {shown}");
        Ok(())
    }

    /// Has a client write lines, by a snippet as it is printed.
    pub async fn writes(&self, client: &str, way: Way) -> anyhow::Result<()> {
        let subscription = format!("{client}-write-{}", way.name());
        let snippet = self.save(client, &subscription).await?;
        let lines = [0, 1].map(|n| format!("written by {client} {} {n}", way.name()));
        let input = format!("printf '%s\\n' '{}' '{}' | ", lines[0], lines[1]);
        let mut running = self.start_snippet(&snippet, &input)?;
        let status = running.wait(READ_LIMIT).await;
        let status = status.with_context(|| format!("{client}: {}", running.output()))?;
        anyhow::ensure!(status.success(), "{client}: {status} {}", running.output());
        let records = read_all(&self.cluster.bootstrap(), WRITTEN, 1, "read_committed")?;
        let values: Vec<_> = records.iter().filter_map(|record| record.value.clone()).collect();
        for line in lines {
            let count = values.iter().filter(|value| **value == line.as_bytes()).count();
            anyhow::ensure!(count == 1, "{line}: {count} times: {}", running.output());
        }
        Ok(())
    }

    /// Saves a snippet by the command, checks that it is the one that REST tells, and installs what
    /// it names.
    async fn save(&self, client: &str, subscription: &str) -> anyhow::Result<Saved> {
        let folder = self.folder.path().join(subscription);
        let path = folder.display().to_string();
        let output = self.cli(&["connect", subscription, "--client", client, "--output", &path])?;
        let noise = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "connect {subscription} {client}: {noise}");
        let path = format!("subscriptions/{subscription}/connect?client={client}");
        let told = self.gateway.rest("GET", &path, "", b"").await?;
        let told: Value = serde_json::from_slice(&told.body)?;
        let snippet = &told["snippets"][0];
        for file in snippet["files"].as_array().context("files")? {
            let saved = folder.join(file["name"].as_str().unwrap_or_default());
            anyhow::ensure!(std::fs::read_to_string(&saved)? == file["text"], "{saved:?}");
        }
        let run = snippet["run"].as_str().context("run")?.to_owned();
        let saved = Saved { folder, run, path: search_path(client).await?, client: client.into() };
        if let Some(install) = snippet["install"].as_str().filter(|_| !is_provided(client)) {
            saved.prepare()?;
            self.install(&saved, install).await?;
        }
        Ok(saved)
    }

    async fn install(&self, saved: &Saved, install: &str) -> anyhow::Result<()> {
        let log = saved.folder.join("install.log");
        let mut installer = Process::spawn(saved.command(install), &log, None)?;
        let status = installer.wait(INSTALL_LIMIT).await;
        let status = status.with_context(|| format!("{install}: {}", installer.output()))?;
        anyhow::ensure!(status.success(), "{install}: {}", installer.output());
        Ok(())
    }

    fn start_snippet(&self, saved: &Saved, input: &str) -> anyhow::Result<Process> {
        let ca = self.ca();
        let secret = &self.applied.secret(&saved.client)?.secret;
        let mut line = format!("{input}{{ {}; }}", saved.run);
        if saved.client == "browser" {
            let show = install::browser("show.mjs")?.command();
            let words = show.get_args().map(|word| word.to_string_lossy().into_owned());
            let words: Vec<_> = words.collect();
            let program = show.get_program().to_string_lossy().into_owned();
            let address = page_origin(self.page);
            line = format!("{line} & {program} {} {address}/", words.join(" "));
        }
        let mut command = saved.command(&line);
        command
            .env("PORT", self.page.to_string())
            .env("NODE_EXTRA_CA_CERTS", &ca)
            .env("SLUICEGATE_SECRET", secret)
            .env("SLUICEGATE_CA", &ca)
            .env("SSL_CERT_FILE", &ca)
            .env("SPRING_KAFKA_SSL_TRUSTSTORETYPE", "PEM")
            .env("SPRING_KAFKA_SSL_TRUSTSTORELOCATION", format!("file:{}", ca.display()));
        Process::spawn(command, &saved.folder.join("run.log"), None)
    }
}

/// Where Cargo installs programs.
fn installed() -> PathBuf {
    cache().join("clients/cargo")
}

fn page_origin(port: u16) -> String {
    format!("http://localhost:{port}")
}

/// A snippet in its folder.
struct Saved {
    client: String,
    folder: PathBuf,
    run: String,
    path: String,
}

impl Saved {
    /// A line as a shell runs it in the folder, without anything of Cargo's own around it.
    fn command(&self, line: &str) -> Command {
        let mut command = Command::new("bash");
        command
            .args(["-c", line])
            .current_dir(&self.folder)
            .env("PATH", &self.path)
            .env("CARGO_TARGET_DIR", cache().join("clients/rust-target"))
            .env("CARGO_INSTALL_ROOT", installed())
            .env_remove("RUSTFLAGS")
            .env_remove("LD_LIBRARY_PATH");
        command
    }

    /// The Rust client's versions are those that the suite has pinned, and built.
    fn prepare(&self) -> anyhow::Result<()> {
        if self.client == "rust" {
            let pinned = install::sources("rust").join("Cargo.lock");
            std::fs::copy(pinned, self.folder.join("Cargo.lock"))?;
        }
        Ok(())
    }
}

/// What the machine must have (`scripts/preflight`), or the suite has installed in that version.
fn is_provided(client: &str) -> bool {
    matches!(client, "kcat" | "librdkafka" | "python")
}

async fn search_path(client: &str) -> anyhow::Result<String> {
    let path = std::env::var("PATH")?;
    let program = match client {
        "python" => {
            let install = || install::program(Client::Rdkafka216);
            let python = tokio::task::spawn_blocking(install).await??;
            PathBuf::from(python.command().get_program())
        }
        "node" | "node-ws" | "browser" => tokio::task::spawn_blocking(install::node).await??,
        "go" => tokio::task::spawn_blocking(install::go).await??,
        "websocat" => installed().join("bin/websocat"),
        _ => return Ok(path),
    };
    let folder = program.parent().context("a folder of programs")?;
    if folder.as_os_str().is_empty() {
        return Ok(path);
    }
    Ok(format!("{}:{path}", folder.display()))
}

/// Two virtual clusters, one of them with TLS by a new authority, whose certificate is written to
/// `ca.pem`.
fn kafka_sections(folder: &Path) -> anyhow::Result<String> {
    let authority = Authority::new()?;
    let Identity { certificate, key } = authority.server()?;
    let write = |name: &str, text: &str| -> anyhow::Result<String> {
        let path = folder.join(name);
        std::fs::write(&path, text)?;
        Ok(path.display().to_string())
    };
    write("ca.pem", authority.ca())?;
    let (certificate, key) = (write("kafka.pem", &certificate)?, write("kafka.key", &key)?);
    let (plain, tls) = (ports::free()?, ports::free()?);
    Ok(format!(
        "[[kafka]]\nlisten = \"127.0.0.1:{plain}\"\ncluster = \"plain\"\n\
         [[kafka]]\nlisten = \"127.0.0.1:{tls}\"\ncluster = \"tls\"\n\
         tls = {{ certificate = \"{certificate}\", key = \"{key}\" }}\n"
    ))
}

/// An application for each client, so that each has groups of its own, subscribed to an endpoint to
/// read and one to write, on each way.
fn documents(bootstrap: &str, origin: &str) -> Documents {
    let mut documents = Documents::new().policy("no-card", "[{remove: {path: $.card}}]");
    for client in CLIENTS {
        let credential = format!("{{application: {client}}}");
        documents = documents.document("Application", client, "{}").document(
            "Credential",
            &format!("{client}-1"),
            &credential,
        );
    }
    for way in Way::ALL.map(Way::name) {
        documents = documents.cluster(way, bootstrap);
        let read = ("read", READ, "consume", &["no-card"][..]);
        for (verb, topic, direction, policies) in [read, ("write", WRITTEN, "produce", &[])] {
            let name = format!("{verb}-{way}");
            let spec = format!(
                "{{cluster: {way}, topic: {topic}, address: shop.{name}, direction: {direction}, \
                 allowedOrigins: [\"{origin}\"]}}"
            );
            documents = documents.document("Endpoint", &name, &spec).plan(&name, &name, policies);
            for client in CLIENTS {
                let spec = format!("{{application: {client}, endpoint: {name}, plan: {name}}}");
                documents = documents.document("Subscription", &format!("{client}-{name}"), &spec);
            }
        }
    }
    documents
}
