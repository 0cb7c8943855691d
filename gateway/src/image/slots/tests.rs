use std::sync::Barrier;
use std::thread;

use policies::{CompileContext, Rule, compile};

use super::*;
use crate::upstream::BatchKind;
use crate::wire::codec::Codec;
use crate::wire::rebuild;
use crate::wire::record_batch::BatchHeader;

fn empty_batch() -> FetchedBatch {
    let mut bytes = vec![0; 61];
    bytes[11] = 49;
    bytes[16] = 2;
    let header = BatchHeader::parse(&bytes).unwrap();
    let batch = rebuild::batch(&header, &[], 0, Codec::None).unwrap();
    FetchedBatch { batch, kind: BatchKind::Data }
}

fn chain(name: &str) -> Chain {
    let rules = serde_json::json!([{"remove": {"path": format!("$.{name}")}}]);
    let rules: Vec<Rule> = serde_json::from_value(rules).unwrap();
    compile(&rules, &CompileContext::default()).unwrap()
}

#[test]
fn an_image_is_computed_once_for_many_threads() {
    let (slots, metrics, batch) = (ImageSlots::default(), Metrics::default(), empty_batch());
    let (chain, barrier) = (chain("a"), Barrier::new(8));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                barrier.wait();
                slots.image(&batch, 0, &chain, &metrics);
            });
        }
    });
    assert_eq!(metrics.images_computed.get(), 1);
}

#[test]
fn variants_beyond_the_bound_are_computed_but_not_kept() {
    let (slots, metrics, batch) = (ImageSlots::default(), Metrics::default(), empty_batch());
    let chains: Vec<_> = (0..=IMAGES_PER_BATCH_MAX).map(|n| chain(&format!("f{n}"))).collect();
    for _ in 0..2 {
        for chain in &chains {
            slots.image(&batch, 0, chain, &metrics);
        }
    }
    let bound = IMAGES_PER_BATCH_MAX as u64;
    assert_eq!(metrics.images_computed.get(), bound + 2);
    assert_eq!(metrics.images_shared.get(), bound);
    assert!(slots.cost() > 0);
    slots.clear();
    assert_eq!(slots.cost(), 0);
}
