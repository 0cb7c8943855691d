//! Chunks hold what a plain map holds, and compare as plain maps do.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::Spec;

/// Few, so that chunks are split and run empty.
type Few = Named<4>;
type Plain = BTreeMap<Arc<str>, Arc<Resource>>;

fn resource() -> Arc<Resource> {
    Arc::new(Resource { labels: BTreeMap::new(), spec: Spec::Team(Arc::default()) })
}

fn name(number: u8) -> Arc<str> {
    format!("name-{number}").into()
}

fn same(one: Option<&Arc<Resource>>, two: Option<&Arc<Resource>>) -> bool {
    match (one, two) {
        (Some(one), Some(two)) => Arc::ptr_eq(one, two),
        (None, None) => true,
        _ => false,
    }
}

fn all<'a>(
    one: impl Iterator<Item = (&'a Arc<str>, &'a Arc<Resource>)>,
    two: impl Iterator<Item = (&'a Arc<str>, &'a Arc<Resource>)>,
) -> bool {
    let pair = |(name, resource): (&Arc<str>, &Arc<Resource>)| (name.clone(), resource.clone());
    let (one, two): (Vec<_>, Vec<_>) = (one.map(pair).collect(), two.map(pair).collect());
    let alike = one.iter().zip(&two).all(|((a, x), (b, y))| a == b && Arc::ptr_eq(x, y));
    one.len() == two.len() && alike
}

/// The names that differ, the plain way.
fn differing(before: &Plain, after: &Plain) -> Vec<Arc<str>> {
    let names = before.keys().chain(after.keys()).collect::<std::collections::BTreeSet<_>>();
    let differ = names.into_iter().filter(|name| !same(before.get(*name), after.get(*name)));
    differ.cloned().collect()
}

proptest! {
    #[test]
    fn chunks_hold_what_a_plain_map_holds(
        steps in prop::collection::vec((0..60u8, prop::bool::weighted(0.6)), 0..200),
        kept_at in 0..200usize,
    ) {
        let (mut chunks, mut plain) = (Few::default(), Plain::new());
        let (mut kept, mut kept_plain) = (chunks.clone(), plain.clone());
        for (at, (number, put)) in steps.into_iter().enumerate() {
            if at == kept_at {
                (kept, kept_plain) = (chunks.clone(), plain.clone());
            }
            let name = name(number);
            if put {
                let resource = resource();
                chunks.put(name.clone(), resource.clone());
                plain.insert(name.clone(), resource);
            } else {
                let (one, two) = (chunks.remove(&name), plain.remove(&name));
                prop_assert!(same(one.as_ref(), two.as_ref()));
            }
            prop_assert_eq!(chunks.len(), plain.len());
            prop_assert!(all(chunks.iter(), plain.iter()));
            prop_assert!(chunks.chunks.iter().all(|chunk| (1..=4).contains(&chunk.len())));
            let held = chunks.entry(&name).map(|(_, resource)| resource);
            prop_assert!(same(held, plain.get(&name)));
            let range = (std::ops::Bound::Excluded(&*name), std::ops::Bound::Unbounded);
            prop_assert!(all(chunks.after(&name), plain.range::<str, _>(range)));
        }
        // What was copied before is as it was.
        prop_assert!(all(kept.iter(), kept_plain.iter()));
        let mut names = Vec::new();
        for Differing { name, before, after } in chunks.differing(&kept) {
            prop_assert!(same(before, kept_plain.get(name)));
            prop_assert!(same(after, plain.get(name)));
            names.push(name.clone());
        }
        prop_assert_eq!(names, differing(&kept_plain, &plain));
    }
}

#[test]
fn what_comes_in_order_fills_chunks() {
    let mut chunks = Few::default();
    for number in 10..50 {
        chunks.put(name(number), resource());
    }
    assert_eq!(chunks.chunks.len(), 10);
}

#[test]
fn a_change_copies_one_chunk() {
    let mut before = Few::default();
    for number in 10..90 {
        before.put(name(number), resource());
    }
    let mut after = before.clone();
    after.put(name(40), resource());
    let shared =
        before.chunks.iter().filter(|old| after.chunks.iter().any(|new| Arc::ptr_eq(old, new)));
    assert_eq!(shared.count(), before.chunks.len() - 1);
    assert_eq!(after.differing(&before).count(), 1);
}
