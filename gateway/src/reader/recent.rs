//! What the readers of one thread found last. A thousand streams of one endpoint are woken by one
//! batch and ask the same question one after the other. The way to the answer has locks and counts
//! that all cores share, and each of them would go from core to core with every delivery; so the
//! first asks, and the others find its answer here.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use policies::Fingerprint;
use prometheus_client::metrics::counter::Counter;

use crate::image::Image;

/// Larger images are not kept: a thread may be idle for long, and it is small ones whose price is
/// the way to them.
const KEPT_BYTES_MAX: usize = 64 * 1024;

/// What is asked. The same question has the same answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Question {
    /// The state of the topic-partition's tail: no other tail ever has it.
    pub(super) state: u64,
    /// From where on.
    pub(super) offset: i64,
    /// Truncations that the reader has looked at.
    pub(super) generation: u32,
    /// Under which chain.
    pub(super) chain: Fingerprint,
}

/// An image with something to show at or after the offset asked for.
pub(super) struct Shown {
    pub(super) image: Arc<Image>,
    /// The offset after its batch.
    pub(super) next: i64,
    /// Nothing came after it yet.
    pub(super) newest: bool,
}

struct Recent {
    question: Question,
    shown: Rc<Shown>,
    /// How often it was found here; counted when something else takes its place.
    found: Cell<u64>,
    counted: Counter,
}

impl Drop for Recent {
    fn drop(&mut self) {
        self.counted.inc_by(self.found.get());
    }
}

thread_local! {
    static RECENT: RefCell<Option<Recent>> = const { RefCell::new(None) };
}

/// The answer, if it was the last to be kept on this thread.
pub(super) fn find(question: &Question) -> Option<Rc<Shown>> {
    RECENT.with_borrow(|recent| {
        let recent = recent.as_ref().filter(|recent| recent.question == *question)?;
        recent.found.set(recent.found.get() + 1);
        Some(Rc::clone(&recent.shown))
    })
}

/// Keeps an answer for the next who asks on this thread. Those who find it are counted there.
pub(super) fn keep(question: Question, shown: Shown, counted: &Counter) -> Rc<Shown> {
    let shown = Rc::new(shown);
    if shown.image.records.len() <= KEPT_BYTES_MAX {
        let (found, counted) = (Cell::new(0), counted.clone());
        let recent = Recent { question, shown: Rc::clone(&shown), found, counted };
        RECENT.set(Some(recent));
    }
    shown
}

#[cfg(test)]
mod tests {
    use policies::{Chain, CompileContext, compile};

    use super::*;
    use crate::upstream::{BatchKind, FetchedBatch};
    use crate::wire::codec::Codec;
    use crate::wire::rebuild;
    use crate::wire::record_batch::BatchHeader;

    fn chain(field: &str) -> Chain {
        let rules = serde_json::json!([{"remove": {"path": format!("$.{field}")}}]);
        compile(&serde_json::from_value::<Vec<_>>(rules).unwrap(), &CompileContext::default())
            .unwrap()
    }

    fn shown(chain: &Chain) -> Shown {
        let mut bytes = vec![0; 61];
        bytes[11] = 49;
        bytes[16] = 2;
        let header = BatchHeader::parse(&bytes).unwrap();
        let batch = rebuild::batch(&header, &[], 0, Codec::None).unwrap();
        let fetched = FetchedBatch { batch, kind: BatchKind::Data };
        Shown { image: Arc::new(Image::compute(&fetched, 0, chain)), next: 1, newest: true }
    }

    fn large(chain: &Chain) -> Shown {
        let mut shown = shown(chain);
        let image = Arc::get_mut(&mut shown.image).unwrap();
        image.records = vec![0; KEPT_BYTES_MAX + 1].into();
        shown
    }

    #[test]
    fn the_same_question_finds_the_answer_and_any_other_does_not() {
        let (one, other, counted) = (chain("a"), chain("b"), Counter::default());
        let asked = Question { state: 7, offset: 3, generation: 0, chain: one.fingerprint() };
        assert!(find(&asked).is_none());
        let kept = keep(asked, shown(&one), &counted);
        assert!(find(&asked).is_some_and(|found| Rc::ptr_eq(&found, &kept)));
        for different in [
            Question { state: 8, ..asked },
            Question { offset: 4, ..asked },
            Question { generation: 1, ..asked },
            Question { chain: other.fingerprint(), ..asked },
        ] {
            assert!(find(&different).is_none());
        }
        assert!(std::thread::spawn(move || find(&asked).is_none()).join().unwrap());
        // Who found it is counted when something else takes its place.
        find(&asked);
        keep(Question { state: 8, ..asked }, shown(&one), &counted);
        assert_eq!(counted.get(), 2);
        assert!(find(&asked).is_none());
    }

    #[test]
    fn a_large_image_is_not_kept() {
        let (chain, counted) = (chain("a"), Counter::default());
        let asked = Question { state: 1, offset: 0, generation: 0, chain: chain.fingerprint() };
        keep(asked, large(&chain), &counted);
        assert!(find(&asked).is_none());
    }
}
