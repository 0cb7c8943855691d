//! How each language's programs are made: Maven and javac, venv and pip, npm, go, cargo.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Client, Program, part, run, sources};

/// The Node.js that the programs run on: @platformatic/kafka asks for 22.22 or newer.
const NODE_VERSION: &str = "22.23.3";

pub(super) fn program(client: Client) -> anyhow::Result<Program> {
    match client {
        Client::Java42 | Client::Java39 | Client::Java28 => java(client.version()),
        Client::Rdkafka216 => python("librdkafka-2.16", "rdkafka.py"),
        Client::Rdkafka20 => python("librdkafka-2.0", "rdkafka.py"),
        Client::KafkaPython => python("kafka-python", "kafka_python.py"),
        Client::Aiokafka => python("aiokafka", "aio_kafka.py"),
        Client::Franz | Client::Sarama | Client::Segmentio => go(client.name()),
        Client::Kafkajs => node("kafkajs.mjs"),
        Client::Platformatic => node("platformatic.mjs"),
        Client::Rskafka => rust(),
    }
}

fn java(version: &str) -> anyhow::Result<Program> {
    let (pom, source) = (sources("java").join("pom.xml"), sources("java").join("Java.java"));
    let name = format!("java-{version}");
    let folder = part(&name, &[pom.clone(), source.clone()], |folder| {
        maven(&pom, &folder.join("lib"), version)?;
        javac(&source, folder)
    })?;
    Ok(java_program(&folder, "Java"))
}

pub(super) fn streams() -> anyhow::Result<Program> {
    let (pom, source) =
        (sources("java").join("streams-pom.xml"), sources("java").join("WordCount.java"));
    let folder = part("java-streams", &[pom.clone(), source.clone()], |folder| {
        maven(&pom, &folder.join("lib"), "4.2.0")?;
        javac(&source, folder)
    })?;
    Ok(java_program(&folder, "WordCount"))
}

fn maven(pom: &Path, into: &Path, version: &str) -> anyhow::Result<()> {
    let mut mvn = Command::new("mvn");
    mvn.args(["-q", "-B", "-f"])
        .arg(pom)
        .args(["dependency:copy-dependencies", "-DincludeScope=runtime"])
        .arg(format!("-Dkafka.version={version}"))
        .arg(format!("-DoutputDirectory={}", into.display()));
    run(&mut mvn)
}

fn javac(source: &Path, folder: &Path) -> anyhow::Result<()> {
    let mut javac = Command::new("javac");
    javac.arg("-d").arg(folder).arg("-cp").arg(class_path(folder)).arg("-nowarn").arg(source);
    run(&mut javac)
}

fn class_path(folder: &Path) -> String {
    format!("{0}:{0}/lib/*", folder.display())
}

/// Small and quick to start: many of them run one after the other.
fn java_program(folder: &Path, class: &str) -> Program {
    let path = class_path(folder);
    let flags = ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"];
    Program::new(flags.into_iter().chain(["-cp", &path, class]))
}

fn python(name: &str, program: &str) -> anyhow::Result<Program> {
    let pins = sources("python").join(format!("requirements-{name}.txt"));
    let folder = part(&format!("python-{name}"), std::slice::from_ref(&pins), |folder| {
        let venv = folder.join("venv");
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
        let mut pip = Command::new(venv.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--no-deps"])
            .args(["--only-binary", ":all:", "-r"])
            .arg(&pins);
        run(&mut pip)
    })?;
    let interpreter = folder.join("venv/bin/python").display().to_string();
    // -B: no byte code beside the sources.
    Ok(Program::new([
        interpreter,
        "-B".to_owned(),
        sources("python").join(program).display().to_string(),
    ]))
}

fn node(program: &str) -> anyhow::Result<Program> {
    let files = ["package.json", "package-lock.json", "contract.mjs", "kafkajs.mjs"];
    let mut files: Vec<PathBuf> = files.iter().map(|file| sources("node").join(file)).collect();
    files.push(sources("node").join("platformatic.mjs"));
    let folder = part("node-clients", &files, |folder| {
        // A program finds its packages beside itself only.
        for file in &files {
            std::fs::copy(file, folder.join(file.file_name().unwrap_or_default()))?;
        }
        npm(folder, &["ci"])
    })?;
    let runtime = node_runtime()?.display().to_string();
    Ok(Program::new([runtime, folder.join(program).display().to_string()]))
}

/// The official AsyncAPI parser: it reads paths of documents and says what it finds.
pub(super) fn asyncapi() -> anyhow::Result<Program> {
    let sources = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("asyncapi");
    let files = ["package.json", "package-lock.json", "check.mjs"].map(|file| sources.join(file));
    let folder = part("asyncapi-parser", &files, |folder| {
        for file in &files {
            std::fs::copy(file, folder.join(file.file_name().unwrap_or_default()))?;
        }
        npm(folder, &["ci"])
    })?;
    let runtime = node_runtime()?.display().to_string();
    Ok(Program::new([runtime, folder.join("check.mjs").display().to_string()]))
}

/// What pages and mails are tried with, in Node.js.
pub(super) fn browser(script: &str) -> anyhow::Result<Program> {
    let sources = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("browser");
    let files =
        ["package.json", "package-lock.json", "http2.mjs", "mail.mjs", "pages.mjs", "portal.mjs"];
    let files = files.map(|file| sources.join(file));
    let folder = part("browser-pages", &files, |folder| {
        for file in &files {
            std::fs::copy(file, folder.join(file.file_name().unwrap_or_default()))?;
        }
        npm(folder, &["ci", "--ignore-scripts"])
    })?;
    let runtime = node_runtime()?.display().to_string();
    Ok(Program::new([runtime, folder.join(script).display().to_string()]))
}

/// Spectral: it reads a path of an OpenAPI document and says what its ruleset finds.
pub(super) fn openapi_linter() -> anyhow::Result<Program> {
    let sources = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("openapi");
    let files =
        ["package.json", "package-lock.json", "ruleset.yaml"].map(|file| sources.join(file));
    let folder = part("openapi-linter", &files, |folder| {
        for file in &files {
            std::fs::copy(file, folder.join(file.file_name().unwrap_or_default()))?;
        }
        npm(folder, &["ci"])
    })?;
    let runtime = node_runtime()?.display().to_string();
    let program = folder.join("node_modules/.bin/spectral").display().to_string();
    let ruleset = folder.join("ruleset.yaml").display().to_string();
    let options = ["lint", "--fail-severity", "warn", "--ruleset"].map(str::to_owned);
    Ok(Program::new([runtime, program].into_iter().chain(options).chain([ruleset])))
}

/// Schemathesis: it tries an API with what its OpenAPI document allows, and with what it does not.
pub(super) fn schemathesis() -> anyhow::Result<Program> {
    let list = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("openapi/requirements.txt");
    let folder = part("schemathesis", std::slice::from_ref(&list), |folder| {
        let venv = folder.join("venv");
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
        let mut pip = Command::new(venv.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--no-deps"])
            .arg("--requirement")
            .arg(&list);
        run(&mut pip)
    })?;
    let python = folder.join("venv/bin/python").display().to_string();
    Ok(Program::new([python, "-m".to_owned(), "schemathesis.cli".to_owned(), "run".to_owned()]))
}

/// Node.js itself, from npm: the one on the machine may be too old.
pub(super) fn node_runtime() -> anyhow::Result<PathBuf> {
    let machine = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    let package = format!("node-linux-{machine}");
    let folder = part(&format!("node-{NODE_VERSION}"), &[], |folder| {
        std::fs::write(folder.join("package.json"), "{\"private\":true}")?;
        npm(folder, &["install", "--no-save", &format!("{package}@{NODE_VERSION}")])
    })?;
    Ok(folder.join("node_modules").join(package).join("bin/node"))
}

fn npm(folder: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let mut npm = Command::new("npm");
    npm.args(arguments)
        .args(["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"])
        .current_dir(folder);
    run(&mut npm)
}

fn go(client: &str) -> anyhow::Result<Program> {
    let names = ["go.mod", "go.sum", "contract.go", "franz.go", "sarama.go", "segmentio.go"];
    let files: Vec<PathBuf> = names.iter().map(|file| sources("go").join(file)).collect();
    let folder = part("go-clients", &files, |folder| {
        let mut go = Command::new(super::go::go()?);
        go.args(["build", "-mod=readonly", "-trimpath", "-o"])
            .arg(folder.join("clients"))
            .arg(".")
            .current_dir(sources("go"));
        run(&mut go)
    })?;
    Ok(Program::new([folder.join("clients").display().to_string(), client.to_owned()]))
}

fn rust() -> anyhow::Result<Program> {
    let names = [
        "Cargo.toml",
        "Cargo.lock",
        "src/main.rs",
        "src/contract.rs",
        "src/consume.rs",
        "src/produce.rs",
    ];
    let files: Vec<PathBuf> = names.iter().map(|file| sources("rust").join(file)).collect();
    let folder = part("rust-rskafka", &files, |folder| {
        let mut cargo = Command::new("cargo");
        cargo
            .args(["build", "--locked", "--quiet", "--manifest-path"])
            .arg(sources("rust").join("Cargo.toml"))
            .arg("--target-dir")
            .arg(crate::cache().join("clients/rust-target"))
            // The flags of the product's own build are not this program's.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_TARGET_DIR");
        run(&mut cargo)?;
        let built = crate::cache().join("clients/rust-target/debug/rskafka-client");
        std::fs::copy(built, folder.join("rskafka-client"))?;
        Ok(())
    })?;
    Ok(Program::new([folder.join("rskafka-client").display().to_string()]))
}
