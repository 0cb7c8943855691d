//! Waiting with a bound. Nothing in the harness sleeps and hopes: a condition is polled until its
//! deadline, and a test that hangs is ended from outside its runtime.

use std::future::Future;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(20);

/// Polls `condition` until it answers `Some`, or fails naming `what` after `limit`.
pub async fn eventually<T, F, Fut>(
    limit: Duration,
    what: &str,
    mut condition: F,
) -> anyhow::Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let start = Instant::now();
    loop {
        let left = limit.saturating_sub(start.elapsed());
        match tokio::time::timeout(left.max(POLL), condition()).await {
            Ok(Some(value)) => return Ok(value),
            Ok(None) if start.elapsed() < limit => tokio::time::sleep(POLL).await,
            Ok(None) | Err(_) => anyhow::bail!("not within {limit:?}: {what}"),
        }
    }
}

/// Fails naming `what` when `future` takes longer than `limit`.
pub async fn within<T>(
    limit: Duration,
    what: &str,
    future: impl Future<Output = T>,
) -> anyhow::Result<T> {
    tokio::time::timeout(limit, future)
        .await
        .map_err(|_| anyhow::anyhow!("not within {limit:?}: {what}"))
}

/// Runs one test on a runtime of its own and fails it after `seconds`, even when it blocks a
/// thread.
///
/// # Panics
/// When the test fails, panics or takes too long: it is the body of a `#[test]`.
pub fn run<F>(seconds: u64, test: F)
where
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime starts");
    let (done, ended) = sync_channel(1);
    let task = runtime.spawn(test);
    runtime.spawn(async move {
        // The receiver is gone when the test took too long.
        let _ = done.send(task.await);
    });
    let outcome = ended.recv_timeout(Duration::from_secs(seconds));
    runtime.shutdown_background();
    match outcome {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => panic!("{error:#}"),
        Ok(Err(failure)) => match failure.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(failure) => panic!("the test was cancelled: {failure}"),
        },
        Err(RecvTimeoutError::Timeout) => panic!("the test took more than {seconds} s"),
        Err(RecvTimeoutError::Disconnected) => panic!("the test's runtime ended early"),
    }
}
