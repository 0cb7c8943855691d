//! The options file of a program: how it connects and logs in. Secrets go this way only, never as
//! arguments, where every user of the machine could read them.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// How a program connects.
#[derive(Clone, Default)]
pub struct Options {
    entries: Vec<(&'static str, String)>,
}

impl Options {
    /// No TLS, no login.
    pub fn plaintext() -> Options {
        Options::default()
    }

    /// A login over a connection without TLS.
    pub fn sasl(mechanism: &str, user: &str, password: &str) -> Options {
        Options::default()
            .with("security", "SASL_PLAINTEXT")
            .with("mechanism", mechanism)
            .with("username", user)
            .with("password", password)
    }

    /// The same over TLS; `ca` is a PEM file.
    pub fn over_tls(mut self, ca: &Path) -> Options {
        self.entries.retain(|(name, _)| *name != "security");
        let logs_in = self.entries.iter().any(|(name, _)| *name == "mechanism");
        let security = if logs_in { "SASL_SSL" } else { "SSL" };
        self.with("security", security).with("ca", &ca.display().to_string())
    }

    /// One more entry.
    pub fn with(mut self, name: &'static str, value: &str) -> Options {
        self.entries.push((name, value.to_owned()));
        self
    }

    /// Writes the file, which goes with the folder.
    pub fn write(&self) -> anyhow::Result<(TempDir, PathBuf)> {
        let folder = TempDir::with_prefix("sluicegate-client-")?;
        let path = folder.path().join("options");
        let text = self.entries.iter().fold(String::new(), |mut text, (name, value)| {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{name}={value}");
            text
        });
        std::fs::write(&path, text)?;
        Ok((folder, path))
    }
}
