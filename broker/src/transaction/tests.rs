use super::*;

const ID: &str = "orders-1";

fn now() -> Instant {
    Instant::now()
}

#[test]
fn a_transaction_begins_touches_and_ends_once() {
    let mut all = Transactions::default();
    let (producer, aborted) = all.begin(ID, 60_000, (-1, -1)).unwrap();
    assert_eq!((producer, aborted), ((1, 0), None));
    assert_eq!(all.end(ID, producer, true), Err(code::INVALID_TXN_STATE));
    assert!(!all.touches(producer, "t", 0));
    all.touch(ID, producer, now()).unwrap().partitions.insert(("t".to_owned(), 0));
    all.touch(ID, producer, now()).unwrap().groups.insert("g".to_owned());
    assert!(all.touches(producer, "t", 0) && !all.touches(producer, "t", 1));
    assert_eq!(all.commits_to(ID, producer, "g"), Ok(()));
    assert_eq!(all.commits_to(ID, producer, "other"), Err(code::INVALID_TXN_STATE));
    let ending = all.end(ID, producer, true).unwrap().unwrap();
    assert_eq!((ending.producer, ending.commit), (producer, true));
    assert_eq!((ending.touched.partitions.len(), ending.touched.groups.len()), (1, 1));
    // Said again it is nothing new; the other way round it is wrong.
    assert_eq!(all.end(ID, producer, true), Ok(None));
    assert_eq!(all.end(ID, producer, false), Err(code::INVALID_TXN_STATE));
    assert!(!all.touches(producer, "t", 0) && all.deadline().is_none());
}

#[test]
fn who_comes_later_fences_who_was_there() {
    let mut all = Transactions::default();
    let (first, _) = all.begin(ID, 60_000, (-1, -1)).unwrap();
    all.touch(ID, first, now()).unwrap().partitions.insert(("t".to_owned(), 0));
    let (second, aborted) = all.begin(ID, 60_000, (-1, -1)).unwrap();
    let aborted = aborted.unwrap();
    assert_eq!((second, aborted.producer, aborted.commit), ((1, 1), (1, 1), false));
    assert_eq!(all.touch(ID, first, now()), Err(code::INVALID_PRODUCER_EPOCH));
    assert_eq!(all.touch(ID, (9, 0), now()), Err(code::INVALID_PRODUCER_ID_MAPPING));
    assert_eq!(all.touch("other", second, now()), Err(code::INVALID_PRODUCER_ID_MAPPING));
    // One that knows its epoch gets the next, one that was fenced does not (KIP-360).
    assert_eq!(all.begin(ID, 60_000, first), Err(code::PRODUCER_FENCED));
    assert_eq!(all.begin(ID, 60_000, second), Ok(((1, 2), None)));
}

#[test]
fn what_takes_too_long_is_aborted() {
    let mut all = Transactions::default();
    let (producer, _) = all.begin(ID, 1_000, (-1, -1)).unwrap();
    let start = now();
    all.touch(ID, producer, start).unwrap().partitions.insert(("t".to_owned(), 3));
    let ends = start + Duration::from_secs(1);
    assert_eq!(all.deadline(), Some(ends));
    assert_eq!(all.expire(start), []);
    let ended = all.expire(ends);
    assert_eq!((ended.len(), ended[0].commit, ended[0].producer), (1, false, (1, 1)));
    assert_eq!(all.end(ID, producer, true), Err(code::INVALID_PRODUCER_EPOCH));
    for wrong in [0, -1, i32::MAX] {
        assert_eq!(all.begin(ID, wrong, (-1, -1)), Err(code::INVALID_TRANSACTION_TIMEOUT));
    }
}
