//! A process that is killed in the middle of changes: none is half, none that was answered is lost,
//! the audit's chain is whole. `SLUICEGATE_SIGKILLS` says how often; a thousand take two minutes.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use catalog::{
    Catalog,
    audit::Verifier,
    model::Kind,
    store::{AuditQuery, PostgresStore, SqliteStore, Store},
};
use rand::RngExt;
use support::{apply, document, secrets};

/// Kills when nobody says how many.
const KILLS_DEFAULT: u32 = 60;
/// Where the worker finds its store.
const WORKER: &str = "SLUICEGATE_TEST_SIGKILL_STORE";
/// The longest that a worker works before it is killed.
const WORK_MAX: Duration = Duration::from_millis(60);
/// How often the store is looked at.
const LOOK_EVERY: u32 = 20;

async fn open(place: &str) -> Catalog {
    let store: Arc<dyn Store> = match place.starts_with("postgres://") {
        true => Arc::new(PostgresStore::open(place).await.unwrap()),
        false => Arc::new(SqliteStore::open(place.as_ref()).await.unwrap()),
    };
    Catalog::with_store(store, secrets()).await.unwrap()
}

/// The process that is killed: makes pairs, and says so of each that was answered.
#[tokio::test]
async fn worker() {
    let Ok(place) = std::env::var(WORKER) else { return };
    let catalog = open(&place).await;
    let mut out = std::io::stdout();
    let mut number = catalog.list(Kind::Team, None, 1).total / 2;
    writeln!(out, "ready").unwrap();
    out.flush().unwrap();
    loop {
        number += 1;
        let pair = document("Team", &format!("a{number:06}"), "{}")
            + &document("Team", &format!("b{number:06}"), "{}");
        apply(&catalog, &pair).await;
        writeln!(out, "made {number}").unwrap();
        out.flush().unwrap();
    }
}

struct Worker {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Worker {
    fn start(place: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "worker", "--nocapture", "--test-threads=1"])
            .env(WORKER, place)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.ends_with("ready\n") {
            line.clear();
            assert_ne!(lines.read_line(&mut line).unwrap(), 0, "the worker ended");
        }
        Self { child, lines }
    }

    /// Kills it, and answers the last pair that it said to have made.
    fn kill(mut self) -> Option<usize> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let lines = self.lines.lines().map_while(Result::ok);
        lines.filter_map(|line| line.strip_prefix("made ")?.parse().ok()).last()
    }
}

async fn check(place: &str, answered: usize) {
    let catalog = open(place).await;
    let mut names = Vec::new();
    let mut after = None;
    loop {
        let page = catalog.list(Kind::Team, after.as_deref(), 1_000);
        names.extend(page.items.into_iter().map(|item| item.metadata.name));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let of = |side: char| {
        let names = names.iter().filter(move |name| name.starts_with(side));
        names.map(|name| name[1..].parse::<usize>().unwrap()).collect::<Vec<_>>()
    };
    let (a, b) = (of('a'), of('b'));
    assert_eq!(a, b, "half a change");
    assert_eq!(a, (1..=a.len()).collect::<Vec<_>>(), "a gap");
    assert!(a.len() >= answered, "{answered} were answered, {} are there", a.len());
    let mut records = Vec::new();
    loop {
        let after = records.last().map(|record: &catalog::audit::Record| record.number);
        let query = AuditQuery { after, oldest_first: true, limit: 5_000, ..AuditQuery::default() };
        let more = catalog.audit(&query).await.unwrap();
        if more.is_empty() {
            break;
        }
        records.extend(more);
    }
    assert_eq!(records.len(), names.len(), "a record for each resource");
    let checkpoints = catalog.checkpoints().await.unwrap();
    let mut verifier = Verifier::new(None, &checkpoints).unwrap();
    for record in &records {
        verifier.record(record).unwrap();
    }
    verifier.finish().unwrap();
}

async fn killed_again_and_again(place: &str) {
    let kills = std::env::var("SLUICEGATE_SIGKILLS").ok().and_then(|count| count.parse().ok());
    let mut answered = 0;
    for kill in 1..=kills.unwrap_or(KILLS_DEFAULT) {
        let worker = Worker::start(place);
        let work = rand::rng().random_range(Duration::ZERO..WORK_MAX);
        tokio::time::sleep(work).await;
        answered = worker.kill().unwrap_or(answered);
        if kill % LOOK_EVERY == 0 {
            check(place, answered).await;
        }
    }
    check(place, answered).await;
    assert!(answered > 0, "no worker got anything done");
}

#[tokio::test]
async fn sqlite() {
    if std::env::var(WORKER).is_ok() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    killed_again_and_again(&folder.path().join("catalog.db").display().to_string()).await;
}

#[tokio::test]
async fn postgres() {
    let server = std::env::var("SLUICEGATE_TEST_POSTGRES");
    let (Ok(server), true) = (server, std::env::var(WORKER).is_err()) else { return };
    killed_again_and_again(&support::database(&server).await).await;
}
