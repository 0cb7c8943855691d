//! Centrifugo, built once from its Go module into the cache. It reads the topic itself; records
//! name their channel in a header.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::{Door, Server, free_address};

/// The header that names a record's channel, and the channel.
pub const CHANNEL_HEADER: (&str, &str) = ("centrifugo-channels", "t");

const MODULE: &str = "github.com/centrifugal/centrifugo/v6";
const VERSION: &str = "v6.9.1";
/// The module's Go version needs 1.26; a machine's own Go is never replaced.
const GO_ENVIRONMENT: [(&str, &str); 2] = [("GOTOOLCHAIN", "local"), ("GOFLAGS", "-mod=mod")];
/// A cold build of its 300 packages takes minutes on two cores.
const BUILD_MINUTES_MAX: u64 = 20;

/// Starts it on a topic.
///
/// # Errors
/// When it cannot be built or does not start.
pub fn start(door: Door, bootstrap: &str, topic: &str) -> Result<Server> {
    let program = build()?;
    let folder = tempfile::tempdir()?;
    let address = free_address()?;
    let path = folder.path().join("config.json");
    std::fs::write(&path, configuration(bootstrap, topic, address.port()).to_string())?;
    let mut command = Command::new(program);
    command.arg("-c").arg(&path).current_dir(folder.path());
    let transport = match door {
        Door::Sse => "uni_sse",
        Door::Websocket => "uni_websocket",
    };
    let target =
        format!("/connection/{transport}?cf_connect=%7B%22subs%22%3A%7B%22t%22%3A%7B%7D%7D%7D");
    Server::start(command, address, door.request(&target, ""), folder)
}

fn configuration(bootstrap: &str, topic: &str, port: u16) -> serde_json::Value {
    serde_json::json!({
        "client": {"insecure": true, "allowed_origins": ["*"]},
        "log": {"level": "error"},
        "http_server": {"address": "127.0.0.1", "port": port.to_string()},
        "uni_sse": {"enabled": true},
        "uni_websocket": {"enabled": true},
        "channel": {"without_namespace": {
            "allow_subscribe_for_client": true,
            "allow_subscribe_for_anonymous": true,
        }},
        "consumers": [{
            "enabled": true,
            "name": "bench",
            "type": "kafka",
            "kafka": {
                "brokers": [bootstrap],
                "topics": [topic],
                "consumer_group": "centrifugo-bench",
                "publication_data_mode": {
                    "enabled": true,
                    "channels_header": CHANNEL_HEADER.0,
                },
            },
        }],
    })
}

/// The program in the cache; built there when it is missing. The module cannot be installed by
/// `go install` (it replaces a dependency), so a writable copy of its folder is built.
fn build() -> Result<PathBuf> {
    let folder = tests::cache().join("centrifugo");
    std::fs::create_dir_all(&folder)?;
    let program = folder.join(format!("centrifugo-{VERSION}"));
    if program.exists() {
        return Ok(program);
    }
    println!("building centrifugo {VERSION} (once; some minutes) …");
    std::fs::write(
        folder.join("go.mod"),
        format!("module peers\n\ngo 1.26\n\nrequire {MODULE} {VERSION}\n"),
    )?;
    go(&folder, &["mod", "download", &format!("{MODULE}@{VERSION}")])?;
    let listing = go(&folder, &["list", "-m", "-f", "{{.Dir}}", MODULE])?;
    let source = folder.join("source");
    let _ = std::fs::remove_dir_all(&source);
    let copied = Command::new("cp")
        .args(["-r", "--no-preserve=mode", listing.trim()])
        .arg(&source)
        .status()?;
    ensure!(copied.success(), "cannot copy {}", listing.trim());
    let built = folder.join("centrifugo.new");
    go(&source, &["build", "-o", &built.to_string_lossy(), "."])?;
    std::fs::rename(&built, &program)?;
    Ok(program)
}

fn go(folder: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new("timeout")
        .arg(format!("{BUILD_MINUTES_MAX}m"))
        .arg("go")
        .args(arguments)
        .current_dir(folder)
        .envs(GO_ENVIRONMENT)
        .output()
        .context("Go is not installed")?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        bail!("go {}: {}", arguments.join(" "), error.lines().last().unwrap_or("failed"));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
