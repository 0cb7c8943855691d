//! A PostgreSQL server of a test's own.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::Context;

/// A running server; it ends, and its data goes, when this is dropped.
pub struct Postgres {
    url: String,
    child: Child,
    // The server runs until this is closed, also when the test is killed.
    hold: Option<ChildStdin>,
}

impl Postgres {
    /// Starts one.
    pub fn start() -> anyhow::Result<Postgres> {
        let mut child = Command::new(crate::repository().join("scripts/with-postgres"))
            .args(["sh", "-c", "echo \"$SLUICEGATE_TEST_POSTGRES\"; exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("scripts/with-postgres")?;
        let (hold, output) = (child.stdin.take(), child.stdout.take());
        let mut url = String::new();
        BufReader::new(output.context("no output")?).read_line(&mut url)?;
        let url = url.trim().to_owned();
        anyhow::ensure!(!url.is_empty(), "PostgreSQL did not start");
        Ok(Postgres { url, child, hold })
    }

    /// `postgres://…` of a database that is there.
    pub fn url(&self) -> String {
        format!("{}/postgres", self.url)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.hold.take());
        let _ = self.child.wait();
    }
}
