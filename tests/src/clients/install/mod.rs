//! The programs of the clients, ready to run: installed once into the cache, with pinned versions,
//! by each language's own package client. A part that cannot be had is an error that says which.
//!
//! Each part has a folder named by what it is made of (pins and sources), so that a change makes a
//! new one; several processes may come at once: one installs, the others wait for its lock.

mod go;
mod recipe;

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;
use sha2::{Digest, Sha256};

use super::Client;

/// Written last: the folder is complete.
const COMPLETE: &str = "complete";
/// Digits of a folder's fingerprint: enough to tell versions of one part apart.
const FINGERPRINT_DIGITS: usize = 12;

/// How a client's program is called.
#[derive(Clone, Debug)]
pub struct Program {
    words: Vec<String>,
    name: &'static str,
}

impl Program {
    fn new<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Program {
        Program { words: words.into_iter().map(Into::into).collect(), name: "suite" }
    }

    /// What it says to be in its requests: the client's name.
    pub fn client_id(&self) -> &'static str {
        self.name
    }

    /// The command, before its verb.
    pub fn command(&self) -> Command {
        let mut words = self.words.iter();
        let mut command = Command::new(words.next().map_or("false", String::as_str));
        command.args(words);
        command
    }
}

/// The program of a client, installed if need be.
pub fn program(client: Client) -> anyhow::Result<Program> {
    let what = format!("cannot install the client {}", client.name());
    let program = recipe::program(client).context(what.clone())?;
    let program = Program { name: client.name(), ..program };
    let version = told_version(&program).context(what)?;
    anyhow::ensure!(
        version == client.version(),
        "{} is {version}, not {}",
        client.name(),
        client.version()
    );
    Ok(program)
}

/// One of Kafka's own command line tools, by its class.
pub fn tool(class: &str) -> anyhow::Result<Program> {
    let path = crate::kafka::class_path().context("cannot install Kafka's tools")?;
    let flags = ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
    Ok(Program::new(flags.into_iter().chain(["-cp", &path, class])))
}

/// Class path of Kafka Streams and its word count.
pub fn streams() -> anyhow::Result<Program> {
    recipe::streams().context("cannot install Kafka Streams")
}

/// The `go` that programs are built with.
pub fn go() -> anyhow::Result<PathBuf> {
    go::go().context("cannot install Go")
}

/// The official AsyncAPI parser: reads paths of documents, says of each what it finds.
pub fn asyncapi() -> anyhow::Result<Program> {
    recipe::asyncapi().context("cannot install the official AsyncAPI parser")
}

/// A program of `tests/browser`, such as `pages.mjs`.
///
/// # Errors
/// When its packages cannot be installed.
pub fn browser(script: &str) -> anyhow::Result<Program> {
    recipe::browser(script).context("cannot install the packages of tests/browser")
}

/// Spectral with its published ruleset for OpenAPI: reads the path of a document.
pub fn openapi_linter() -> anyhow::Result<Program> {
    recipe::openapi_linter().context("cannot install the OpenAPI linter")
}

/// Schemathesis: reads the address of an OpenAPI document, and options.
pub fn schemathesis() -> anyhow::Result<Program> {
    recipe::schemathesis().context("cannot install Schemathesis")
}

/// The Node.js that the programs run on.
pub fn node() -> anyhow::Result<PathBuf> {
    recipe::node_runtime().context("cannot install Node.js")
}

fn told_version(program: &Program) -> anyhow::Result<String> {
    let output = program.command().arg("version").stdin(Stdio::null()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let told: serde_json::Value = serde_json::from_str(text.trim()).with_context(|| {
        format!("no version: {text}{}", String::from_utf8_lossy(&output.stderr))
    })?;
    Ok(told["version"].as_str().unwrap_or_default().to_owned())
}

/// The folder of `tests/clients` with a language's sources and pins.
pub(super) fn sources(language: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("clients").join(language)
}

/// A complete folder of the cache for a part made of `files`; `fill` makes what is in it.
fn part(
    name: &str,
    files: &[PathBuf],
    fill: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<PathBuf> {
    let folder =
        crate::cache().join("clients").join(format!("{name}-{}", fingerprint(name, files)?));
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {folder:?}"))?;
    let lock = OpenOptions::new().create(true).append(true).open(folder.join("lock"))?;
    if !folder.join(COMPLETE).exists() {
        // Blocks while another process installs; released when the file closes.
        lock.lock()?;
        if !folder.join(COMPLETE).exists() {
            crate::say(&format!("installing {name} into {}", folder.display()));
            fill(&folder).with_context(|| format!("installing {name}"))?;
            File::create(folder.join(COMPLETE))?;
        }
    }
    Ok(folder)
}

fn fingerprint(name: &str, files: &[PathBuf]) -> anyhow::Result<String> {
    let mut hash = Sha256::new();
    hash.update(name);
    for file in files {
        hash.update(std::fs::read(file).with_context(|| format!("cannot read {file:?}"))?);
    }
    let text = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    Ok(text.chars().take(FINGERPRINT_DIGITS).collect())
}

/// Runs an installer to its end; its output is shown only when it fails.
fn run(command: &mut Command) -> anyhow::Result<()> {
    let program = command.get_program().to_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("`{}` is missing", program.to_string_lossy()))?;
    anyhow::ensure!(
        output.status.success(),
        "{command:?} failed ({}):\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
