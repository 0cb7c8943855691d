//! Go: the machine's, or, where that is too old to fetch a newer one by itself (Debian 12's), the
//! toolchain that `go.mod` asks for, as Go modules have it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;
use serde_json::Value;

use super::{part, run};

/// What `tests/clients/go/go.mod` asks for.
const GO_VERSION: &str = "1.26.8";
/// From Go 1.21 on, `go` fetches the toolchain that `go.mod` asks for.
const MINOR_MIN: u32 = 21;

/// The `go` to call.
pub(super) fn go() -> anyhow::Result<PathBuf> {
    let output = Command::new("go").arg("version").stdin(Stdio::null()).output();
    let output = output.context("`go` is missing")?;
    match minor(&String::from_utf8_lossy(&output.stdout)) {
        Some(minor) if minor < MINOR_MIN => toolchain(),
        _ => Ok("go".into()),
    }
}

/// `go version go1.19.8 linux/amd64`: 19.
fn minor(told: &str) -> Option<u32> {
    let version = told.split_whitespace().nth(2)?.strip_prefix("go1.")?;
    version.split(['.', 'r', 'b']).next()?.parse().ok()
}

fn toolchain() -> anyhow::Result<PathBuf> {
    let machine = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let module = format!("golang.org/toolchain@v0.0.1-go{GO_VERSION}.linux-{machine}");
    let folder = part(&format!("go-{GO_VERSION}"), &[], |folder| {
        let download = Command::new("go")
            .args(["mod", "download", "-json", &module])
            .current_dir(folder)
            .stdin(Stdio::null())
            .output()?;
        let told: Value = serde_json::from_slice(&download.stdout).with_context(|| {
            format!("no {module}: {}", String::from_utf8_lossy(&download.stderr))
        })?;
        let from = told["Dir"].as_str().with_context(|| format!("no {module}: {told}"))?;
        let to = folder.join("go");
        run(Command::new("cp").args(["-r", "--no-preserve=mode", from]).arg(&to))?;
        unpacked(&to)
    })?;
    Ok(folder.join("go/bin/go"))
}

/// A module holds no `go.mod` below its own, and no file that can be run: what `go` itself mends
/// before it uses a toolchain.
fn unpacked(folder: &Path) -> anyhow::Result<()> {
    for source in ["src", "src/cmd"] {
        let source = folder.join(source);
        std::fs::copy(source.join("_go.mod"), source.join("go.mod"))?;
    }
    let mut chmod = Command::new("chmod");
    run(chmod.args(["-R", "+x"]).arg(folder.join("bin")).arg(folder.join("pkg/tool")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(minor("go version go1.19.8 linux/amd64\n"), Some(19));
        assert_eq!(minor("go version go1.26rc1 linux/arm64"), Some(26));
        assert_eq!(minor("go: command not found"), None);
    }

    #[test]
    fn the_version_is_the_one_that_is_asked_for() {
        let asked = std::fs::read_to_string(super::super::sources("go").join("go.mod"));
        let line = format!("\ngo {GO_VERSION}\n");
        assert!(asked.is_ok_and(|text| text.contains(&line)));
    }
}
