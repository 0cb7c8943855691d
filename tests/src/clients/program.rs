//! One run of a program: started with flags and options, its lines read as they come, ended after
//! its own timeout whatever it does.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::install::Program;
use super::options::Options;
use super::record::Seen;

/// What a program may need beyond its own timeout: to start, to leave its group, to flush.
const GRACE: Duration = Duration::from_secs(30);
/// Standard error that is shown in a message.
const NOISE_CHARS_MAX: usize = 2_000;

/// A verb and its flags.
#[derive(Clone, Debug)]
pub struct Job {
    verb: &'static str,
    flags: Vec<(&'static str, String)>,
    timeout: Duration,
}

impl Job {
    /// `consume` of `count` records of a topic.
    pub fn consume(topic: &str, count: usize) -> Job {
        let job = Job { verb: "consume", flags: Vec::new(), timeout: Duration::from_secs(20) };
        job.with("topic", topic).with("count", count)
    }

    /// `produce` of `count` records to a topic.
    pub fn produce(topic: &str, count: usize) -> Job {
        let job = Job { verb: "produce", flags: Vec::new(), timeout: Duration::from_secs(30) };
        job.with("topic", topic).with("count", count)
    }

    /// One more flag.
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Job {
        self.flags.push((name, value.to_string()));
        self
    }

    /// Another timeout.
    pub fn timeout(mut self, timeout: Duration) -> Job {
        self.timeout = timeout;
        self
    }
}

/// One line of a program's output.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// A record was handed out.
    Record(Seen),
    /// Record `n` was acknowledged, at this offset (-1: not told).
    Sent(i64, i64),
    /// The group gave it these partitions.
    Assigned(Vec<i32>),
    /// What the library showed to the application.
    Error(String),
    /// The client has no such feature.
    Unsupported(String),
    /// It has finished.
    End,
}

impl Line {
    fn parse(text: &str) -> anyhow::Result<Line> {
        let line: Value =
            serde_json::from_str(text).with_context(|| format!("odd line: {text}"))?;
        let object = line.as_object().context("not an object")?;
        let (name, value) = object.iter().next().context("an empty object")?;
        Ok(match name.as_str() {
            "record" => Line::Record(serde_json::from_value(value.clone())?),
            "sent" => {
                let number = |name: &str| value.get(name).and_then(Value::as_i64);
                Line::Sent(number("n").context("n")?, number("offset").context("offset")?)
            }
            "assigned" => Line::Assigned(serde_json::from_value(value.clone())?),
            "error" => Line::Error(value.as_str().unwrap_or_default().to_owned()),
            "unsupported" => Line::Unsupported(value.as_str().unwrap_or_default().to_owned()),
            "end" => Line::End,
            other => anyhow::bail!("what is {other}?"),
        })
    }
}

/// All that a program told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Records in the order in which they were handed out.
    pub records: Vec<Seen>,
    /// Acknowledged records and their offsets.
    pub sent: Vec<(i64, i64)>,
    /// Every assignment.
    pub assigned: Vec<Vec<i32>>,
    /// Application errors.
    pub errors: Vec<String>,
    /// Why the client cannot do it at all.
    pub unsupported: Option<String>,
}

impl Outcome {
    /// Takes a line in.
    pub fn take(&mut self, line: Line) {
        match line {
            Line::Record(record) => self.records.push(record),
            Line::Sent(n, offset) => self.sent.push((n, offset)),
            Line::Assigned(partitions) => self.assigned.push(partitions),
            Line::Error(error) => self.errors.push(error),
            Line::Unsupported(why) => self.unsupported = Some(why),
            Line::End => {}
        }
    }
}

/// A running program; dropping it kills it.
pub struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    deadline: Instant,
    ended: bool,
    // With the options, which the program reads when it starts, and its standard error.
    folder: TempDir,
}

impl Running {
    /// Starts a program against `bootstrap`.
    pub fn start(
        program: &Program,
        bootstrap: &str,
        options: &Options,
        job: &Job,
    ) -> anyhow::Result<Running> {
        let (folder, path) = options.write()?;
        let mut command = Command::from(program.command());
        command.arg(job.verb).args(["--bootstrap", bootstrap, "--client-id", program.client_id()]);
        for (name, value) in &job.flags {
            command.arg(format!("--{name}")).arg(value);
        }
        command.arg("--timeout").arg(job.timeout.as_secs().to_string());
        let noise = std::fs::File::create(folder.path().join("stderr"))?;
        let mut child = command
            .env("CLIENT_OPTIONS", path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(noise)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {program:?}"))?;
        let output = child.stdout.take().context("no standard output")?;
        let lines = BufReader::new(output).lines();
        let deadline = Instant::now() + job.timeout + GRACE;
        Ok(Running { child, lines, deadline, ended: false, folder })
    }

    /// The next line; `None` after the last.
    pub async fn next(&mut self) -> anyhow::Result<Option<Line>> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let next = tokio::time::timeout(left, self.lines.next_line()).await;
        let Some(text) = next.context("the program does not end")?? else {
            return Ok(None);
        };
        let line = Line::parse(&text)?;
        self.ended |= matches!(line, Line::End | Line::Unsupported(_));
        Ok(Some(line))
    }

    /// Reads on to the end and adds what comes to `outcome`.
    pub async fn finish(mut self, mut outcome: Outcome) -> anyhow::Result<Outcome> {
        while let Some(line) = self.next().await? {
            outcome.take(line);
        }
        let status = self.child.wait().await?;
        let noise = std::fs::read(self.folder.path().join("stderr")).unwrap_or_default();
        let noise: String = String::from_utf8_lossy(&noise).chars().take(NOISE_CHARS_MAX).collect();
        anyhow::ensure!(status.success() && self.ended, "the program broke: {status}\n{noise}");
        Ok(outcome)
    }
}

/// Runs a program to its end.
pub async fn run(
    program: &Program,
    bootstrap: &str,
    options: &Options,
    job: &Job,
) -> anyhow::Result<Outcome> {
    Running::start(program, bootstrap, options, job)?.finish(Outcome::default()).await
}
