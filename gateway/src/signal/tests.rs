use std::future::poll_fn;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::*;

const SOON: Duration = Duration::from_secs(1);

fn signal() -> (watch::Sender<Arc<Snapshot>>, Arc<Signal>) {
    let (sender, receiver) = watch::channel(Arc::default());
    (sender, Signal::new(receiver))
}

async fn told(listening: &mut Listening) -> bool {
    timeout(SOON, poll_fn(|context| listening.poll_told(context))).await.is_ok()
}

#[tokio::test(start_paused = true)]
async fn a_new_snapshot_is_told_once_to_everybody() {
    let (sender, signal) = signal();
    let following = Arc::clone(&signal);
    let running = tokio::spawn(async move { following.run().await });
    let mut streams: Vec<_> = (0..3).map(|_| Listening::new(Arc::clone(&signal))).collect();
    tokio::task::yield_now().await;
    let version = 7;
    sender.send_replace(Arc::new(Snapshot { version, ..Snapshot::default() }));
    for stream in &mut streams {
        assert!(told(stream).await);
        assert_eq!(stream.signal().snapshot().version, version);
        assert!(!told(stream).await);
    }
    drop(sender);
    timeout(SOON, running).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_waits_is_woken() {
    let (_sender, signal) = signal();
    let mut listening = Listening::new(Arc::clone(&signal));
    let waiting = tokio::spawn(async move { told(&mut listening).await });
    tokio::task::yield_now().await;
    signal.set_phase(Phase::Draining);
    assert!(waiting.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn what_is_told_between_two_looks_is_not_missed() {
    let (_sender, signal) = signal();
    let mut listening = Listening::new(Arc::clone(&signal));
    for _ in 0..3 {
        assert!(!told(&mut listening).await);
        signal.tell();
        signal.tell();
        assert!(told(&mut listening).await);
    }
}

#[tokio::test(start_paused = true)]
async fn phases_never_go_back_and_are_waited_for() {
    let (_sender, signal) = signal();
    assert_eq!(signal.phase(), Phase::Serving);
    let waiting = Arc::clone(&signal);
    let stopping = tokio::spawn(async move { waiting.reached(Phase::Stopping).await });
    tokio::task::yield_now().await;
    signal.set_phase(Phase::Draining);
    timeout(SOON, signal.reached(Phase::Draining)).await.unwrap();
    tokio::task::yield_now().await;
    assert!(!stopping.is_finished());
    signal.set_phase(Phase::Stopping);
    signal.set_phase(Phase::Serving);
    assert_eq!(signal.phase(), Phase::Stopping);
    timeout(SOON, stopping).await.unwrap().unwrap();
}
