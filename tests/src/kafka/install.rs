//! Apache Kafka's jars, resolved once by Maven into the cache. Several test processes may come at
//! once: one resolves, the others wait for its lock.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;

/// The folder in the cache; it names the version of `tests/kafka/pom.xml`.
const CACHE_NAME: &str = "kafka-4.2.0";
/// Written last: the folder is complete.
const COMPLETE: &str = "complete";

/// The class path of the broker and its tools.
pub(super) fn libraries() -> anyhow::Result<String> {
    for (program, package) in [("java", "default-jre-headless"), ("mvn", "maven")] {
        require(program, package)?;
    }
    let folder = crate::cache().join(CACHE_NAME);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {folder:?}"))?;
    let lock = OpenOptions::new().create(true).append(true).open(folder.join("lock"))?;
    if !folder.join(COMPLETE).exists() {
        // Blocks while another process resolves; released when the file closes.
        lock.lock()?;
        if !folder.join(COMPLETE).exists() {
            resolve(&folder)?;
        }
    }
    Ok(format!("{}/*", folder.join("lib").display()))
}

fn resolve(folder: &Path) -> anyhow::Result<()> {
    let lib = folder.join("lib");
    crate::say(&format!(
        "resolving Apache Kafka from Maven Central into {} (55 MB)",
        lib.display()
    ));
    let pom = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("kafka/pom.xml");
    let output = Command::new("mvn")
        .args(["-q", "-B", "-f"])
        .arg(pom)
        .args(["dependency:copy-dependencies", "-DincludeScope=runtime"])
        .arg(format!("-DoutputDirectory={}", lib.display()))
        .stdin(Stdio::null())
        .output()
        .context("cannot start mvn")?;
    anyhow::ensure!(
        output.status.success(),
        "mvn could not resolve Apache Kafka ({}):\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    File::create(folder.join(COMPLETE))?;
    Ok(())
}

pub(crate) fn require(program: &str, package: &str) -> anyhow::Result<()> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    anyhow::ensure!(
        found,
        "`{program}` is missing: the tests need it for a real Apache Kafka. On Debian: \
         apt-get install {package}"
    );
    Ok(())
}
