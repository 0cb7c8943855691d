//! C17: nothing to read for a while. A Fetch is answered before the client's own deadline, which is
//! its max_wait with some: nobody reconnects, and no application sees an error. Only through the
//! gateway.

use std::time::Duration;

use super::{Case, Stage};
use crate::clients::program::{Job, Outcome, Running};
use crate::clients::world::Topic;
use crate::documents::Documents;

/// When every client has its connections.
const SETTLED: Duration = Duration::from_secs(6);
/// How long it then idles: some ten Fetches.
const IDLE: Duration = Duration::from_secs(6);
/// What the client asks to wait, in milliseconds.
const MAX_WAIT_MS: u64 = 500;
/// `api_key` of Fetch.
const FETCH: i16 = 1;

fn topic() -> Topic {
    Topic::new("c17-idle", 1)
}

pub(super) fn topics() -> Vec<Topic> {
    vec![topic()]
}

pub(super) fn documents(documents: Documents) -> Documents {
    topic().publish(documents, &[])
}

pub(super) async fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
    let tap = stage.world.front()?.tap.of(stage.client);
    let job = Job::consume(&topic().address, 1)
        .with("max-wait", MAX_WAIT_MS)
        .timeout(SETTLED + IDLE + Duration::from_secs(2));
    let job = stage.in_group(job, "c17");
    let options = stage.world.options(stage.side)?;
    let bootstrap = stage.world.bootstrap(stage.side)?;
    let running = Running::start(stage.program, &bootstrap, &options, &job)?;
    tokio::time::sleep(SETTLED).await;
    tap.forget();
    let before = tap.connections();
    tokio::time::sleep(IDLE).await;
    let new = tap.connections() - before;
    let fetches = tap.count(FETCH);
    let outcome = running.finish(Outcome::default()).await?;
    // 500 ms each: a dozen; more than three times that is a loop.
    let wrong = match (new, fetches) {
        (0, 6..=36) => None,
        (0, _) => Some(format!("{fetches} fetches in {IDLE:?}")),
        _ => Some(format!("{new} new connections in {IDLE:?}")),
    };
    Ok(vec![Case::plain("idle", &outcome, wrong)])
}
