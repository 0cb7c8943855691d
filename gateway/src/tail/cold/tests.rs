use super::*;

const ISOLATION: Isolation = Isolation::Committed;

fn asker(reader: u64, now: u32) -> Asker {
    Asker { reader, now }
}

/// Ten offsets from `start`, had by one reader or by [`SEVERAL`].
fn chunk(start: i64, reader: u64) -> (ChunkKey, Arc<Chunk>) {
    let (used_at, reader) = (AtomicU32::new(0), AtomicU64::new(reader));
    let chunk = Chunk { start, next: start + 10, batches: Vec::new(), used_at, reader };
    ((ISOLATION, start), Arc::new(chunk))
}

fn state(chunks: impl IntoIterator<Item = (ChunkKey, Arc<Chunk>)>) -> State {
    State { chunks: chunks.into_iter().collect(), ..State::default() }
}

fn held(state: &State) -> Vec<i64> {
    state.chunks.keys().map(|(_, start)| *start).collect()
}

#[test]
fn who_reads_alone_lets_go_of_what_it_passed() {
    let mut state = state([chunk(0, 1), chunk(10, 1), chunk(20, 1)]);
    state.readers.note(asker(1, 5));
    let passed = state.passed((ISOLATION, 20), asker(1, 5));
    assert_eq!(passed.len(), 2);
    assert_eq!(held(&state), [20], "where it stands stays");
}

#[test]
fn what_others_had_stays_and_ends_the_letting_go() {
    for other in [SEVERAL, 2] {
        let mut state = state([chunk(0, 1), chunk(10, other), chunk(20, 1), chunk(30, 1)]);
        let passed = state.passed((ISOLATION, 30), asker(1, 5));
        assert_eq!(passed.len(), 1);
        assert_eq!(held(&state), [0, 10, 30], "another reader may be on its way there");
    }
}

#[test]
fn a_chunk_that_a_second_reader_had_is_nobodys_own() {
    let (_, chunk) = chunk(0, 1);
    chunk.used(asker(1, 3));
    assert_eq!(chunk.reader.load(Ordering::Relaxed), 1);
    chunk.used(asker(2, 4));
    chunk.used(asker(1, 5));
    assert_eq!(chunk.reader.load(Ordering::Relaxed), SEVERAL);
}

#[test]
fn two_readers_within_a_minute_share_and_a_minute_later_they_do_not() {
    let mut readers = Readers::default();
    readers.note(asker(1, 100));
    assert!(readers.is_alone(asker(1, 100)));
    readers.note(asker(2, 100 + SHARED_FOR));
    assert!(!readers.is_alone(asker(1, 100 + SHARED_FOR)));
    assert!(!readers.is_alone(asker(2, 100 + 2 * SHARED_FOR)), "a minute from then");
    assert!(readers.is_alone(asker(2, 101 + 2 * SHARED_FOR)));
    // One that comes long after the other left shares nothing.
    readers.note(asker(3, 1_000));
    assert!(readers.is_alone(asker(3, 1_000)));
}

#[test]
fn sharing_keeps_what_was_passed() {
    let mut state = state([chunk(0, 1), chunk(10, 1)]);
    state.readers.note(asker(2, 100));
    state.readers.note(asker(1, 101));
    assert!(state.passed((ISOLATION, 10), asker(1, 101)).is_empty());
    assert_eq!(held(&state), [0, 10]);
}
