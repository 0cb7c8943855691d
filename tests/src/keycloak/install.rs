//! Keycloak's distribution, unpacked once by Maven into the cache and built for tests. Several test
//! processes may come at once: one installs, the others wait for its lock.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;

/// The folder in the cache; it names the version of `tests/keycloak/pom.xml`.
const CACHE_NAME: &str = "keycloak-26.4.5";
/// Written last: the folder is complete.
const COMPLETE: &str = "complete";
/// What is decided when it is built, so that it starts quickly: everything in memory.
const BUILD: [&str; 2] = ["build", "--db=dev-mem"];

/// The folder with `bin/kc.sh`.
pub(super) fn home() -> anyhow::Result<PathBuf> {
    for (program, package) in [("java", "default-jre-headless"), ("mvn", "maven")] {
        crate::kafka::require(program, package)?;
    }
    let folder = crate::cache().join(CACHE_NAME);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {folder:?}"))?;
    let lock = OpenOptions::new().create(true).append(true).open(folder.join("lock"))?;
    let home = folder.join(CACHE_NAME);
    if !folder.join(COMPLETE).exists() {
        // Blocks while another process installs; released when the file closes.
        lock.lock()?;
        if !folder.join(COMPLETE).exists() {
            install(&folder, &home)?;
        }
    }
    Ok(home)
}

fn install(folder: &Path, home: &Path) -> anyhow::Result<()> {
    crate::say(&format!("unpacking Keycloak from Maven Central into {} (180 MB)", home.display()));
    // A copy: Maven leaves marks beside it, and without them it would not unpack again.
    let pom = folder.join("pom.xml");
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("keycloak/pom.xml"), &pom)?;
    let mut unpack = Command::new("mvn");
    unpack
        .args(["-q", "-B", "-f"])
        .arg(pom)
        .arg("dependency:unpack-dependencies")
        .arg(format!("-DoutputDirectory={}", folder.display()));
    succeed(unpack, "mvn could not unpack Keycloak")?;
    crate::say("building Keycloak (once)");
    let mut build = Command::new(home.join("bin/kc.sh"));
    build.args(BUILD);
    succeed(build, "Keycloak cannot be built")?;
    File::create(folder.join(COMPLETE))?;
    Ok(())
}

fn succeed(mut command: Command, failure: &str) -> anyhow::Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| failure.to_owned())?;
    anyhow::ensure!(
        output.status.success(),
        "{failure} ({}):\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    Ok(())
}
