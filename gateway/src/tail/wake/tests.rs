use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use super::*;

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_reader_is_told_what_moved_and_woken_once() {
    let count = Arc::new(Count::default());
    let waker = Waker::from(count.clone());
    let wakers = Wakers::default();
    let mut watermark = wakers.watermark();
    assert_eq!(wakers.look(&mut watermark, &waker), Moved::Nothing);
    assert_eq!(wakers.look(&mut watermark, &waker), Moved::Nothing);
    wakers.moved(3);
    wakers.moved(5);
    assert_eq!(count.0.load(Ordering::SeqCst), 1);
    assert_eq!(
        wakers.look(&mut watermark, &waker),
        Moved::Partitions([3, 5].into_iter().collect())
    );
    assert_eq!(wakers.look(&mut watermark, &waker), Moved::Nothing);
    wakers.moved(1);
    assert_eq!(count.0.load(Ordering::SeqCst), 2);
}

#[test]
fn a_reader_far_behind_looks_at_everything() {
    let wakers = Wakers::default();
    let mut watermark = wakers.watermark();
    for _ in 0..=MOVEMENTS_MAX {
        wakers.moved(0);
    }
    assert_eq!(wakers.look(&mut watermark, Waker::noop()), Moved::Everything);
    wakers.everything_moved();
    assert_eq!(wakers.look(&mut watermark, Waker::noop()), Moved::Everything);
}

#[tokio::test]
async fn many_readers_of_one_runtime_are_all_woken() {
    let counts: Vec<_> = (0..100).map(|_| Arc::new(Count::default())).collect();
    let wakers = Arc::new(Wakers::default());
    for count in &counts {
        let waker = Waker::from(count.clone());
        assert_eq!(wakers.look(&mut wakers.watermark(), &waker), Moved::Nothing);
    }
    // From another thread, as the fetch loop does.
    let moving = Arc::clone(&wakers);
    std::thread::spawn(move || moving.moved(0)).join().unwrap();
    tokio::task::yield_now().await;
    assert!(counts.iter().all(|count| count.0.load(Ordering::SeqCst) == 1));
}
