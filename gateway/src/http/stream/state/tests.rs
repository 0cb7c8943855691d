use std::future::poll_fn;

use serde_json::json;
use tokio::time::timeout;

use super::*;
use crate::authz::Permit;
use crate::authz::sample::{Sample, chain};
use crate::http::stream::script::{Script, Stage, frame};
use crate::image::Passed;
use crate::reader::ReadError;

/// Longer than anything that is waited for here, shorter than a heartbeat.
const SOON: Duration = Duration::from_secs(5);

/// The next chunk as text, and whether it was the end instead.
async fn next(stream: &mut Stream<Script>) -> Result<String, End> {
    let mut chunk = Chunk::default();
    match poll_fn(|context| stream.poll_chunk(&mut chunk, context)).await {
        Some(end) => Err(end),
        None => Ok(text(&chunk)),
    }
}

/// How it ends, and the bytes of its own that it said last.
async fn end(stream: &mut Stream<Script>) -> (End, Vec<u8>) {
    let mut last = Vec::new();
    loop {
        let mut chunk = Chunk::default();
        if let Some(end) = poll_fn(|context| stream.poll_chunk(&mut chunk, context)).await {
            return (end, last);
        }
        last = chunk.own;
    }
}

fn text(chunk: &Chunk) -> String {
    let parts = chunk.shared.iter().map(|part| part.as_ref());
    let parts: Vec<_> = parts.chain([chunk.own.as_slice()]).collect();
    String::from_utf8(parts.concat()).unwrap()
}

async fn nothing(stream: &mut Stream<Script>, time: Duration) {
    let next = timeout(time, next(stream)).await;
    assert!(next.is_err(), "{next:?}");
}

/// Everything up to where the stream falls silent, in chunks, and the ends of them in time.
async fn until_silent(stream: &mut Stream<Script>) -> Vec<(Duration, String)> {
    let begun = Instant::now();
    let mut chunks = Vec::new();
    while let Ok(Ok(chunk)) = timeout(SOON, next(stream)).await {
        chunks.push((begun.elapsed(), chunk));
    }
    chunks
}

#[tokio::test(start_paused = true)]
async fn a_stream_begins_with_retry_and_its_cursor() {
    let stage = Stage::default();
    let mut stream = stage.stream();
    assert_eq!(next(&mut stream).await.unwrap(), "retry: 2000\nid: 0\n\n");
    nothing(&mut stream, SOON).await;
}

#[tokio::test(start_paused = true)]
async fn events_are_followed_by_an_id_before_the_stream_falls_idle() {
    let stage = Stage::default();
    let mut stream = stage.begun().await;
    stage.push(frame(0, &[0; 3]));
    assert_eq!(next(&mut stream).await.unwrap(), "data: 0\n\ndata: 1\n\ndata: 2\n\nid: 3\n\n");
    nothing(&mut stream, SOON).await;
    // Several frames at once are one write.
    stage.push(frame(3, &[0]));
    stage.push(frame(4, &[0]));
    assert_eq!(next(&mut stream).await.unwrap(), "data: 3\n\ndata: 4\n\nid: 5\n\n");
}

#[tokio::test(start_paused = true)]
async fn a_frame_is_entered_in_the_middle() {
    let stage = Stage::default();
    stage.resume_at(2);
    let mut stream = stage.begun().await;
    stage.push(frame(0, &[0; 4]));
    assert_eq!(next(&mut stream).await.unwrap(), "data: 2\n\ndata: 3\n\nid: 4\n\n");
    // All of it was passed already: nothing to show, and not asked for again.
    stage.resume_at(9);
    stage.push(frame(4, &[0; 2]));
    nothing(&mut stream, SOON).await;
    assert_eq!(stage.left(), 0);
}

/// Checks what holds for every stream: event bytes between two ids, and where events are cut.
fn assert_chunks(chunks: &[(Duration, String)], events: usize, allowed: usize) {
    let all: String = chunks.iter().map(|(_, chunk)| chunk.as_str()).collect();
    let blocks = all.split_inclusive("\n\n");
    let (mut since, mut seen) = (0, 0);
    for block in blocks {
        assert!(block.ends_with("\n\n"));
        if block.starts_with("id: ") {
            assert_eq!(block, format!("id: {seen}\n\n"));
            since = 0;
        } else {
            let number = block.strip_prefix("data: ").unwrap();
            assert_eq!(number.split_whitespace().next().unwrap(), seen.to_string());
            let alone = since == 0;
            since += block.len();
            seen += 1;
            assert!(since <= allowed || alone, "{since} bytes up to event {seen}");
        }
    }
    assert_eq!((seen, since), (events, 0), "an id comes last");
}

#[tokio::test(start_paused = true)]
async fn ids_are_at_most_a_chunk_apart() {
    const KIB: usize = 1024;
    let sizes: [&[usize]; 5] = [
        &[1000; 2000],
        &[100 * KIB, 100 * KIB, 100 * KIB, 100 * KIB],
        &[256 * KIB, KIB, 256 * KIB, 257 * KIB, 10, 10, 600 * KIB],
        &[10, 300 * KIB, 10],
        &[128 * KIB; 9],
    ];
    for sizes in sizes {
        for cursor_bytes in [0, 600] {
            let stage = Stage::default();
            stage.pad_cursor(0);
            let mut stream = stage.begun().await;
            // Small frames, so that a chunk is gathered from several.
            for (first, sizes) in (0..).step_by(3).zip(sizes.chunks(3)) {
                stage.push(frame(first, sizes));
            }
            stage.pad_cursor(cursor_bytes);
            let chunks = until_silent(&mut stream).await;
            let plain: Vec<_> =
                chunks.into_iter().map(|(at, chunk)| (at, chunk.replace('~', ""))).collect();
            assert_chunks(&plain, sizes.len(), CHUNK_BYTES_MAX);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_of_pieces_keeps_chunks_within_their_size() {
    const KIB: usize = 1024;
    let limits = json!({"bytesPerSecond": 1000 * KIB});
    let stage = Stage::with_limits(limits);
    let mut stream = stage.begun().await;
    // The second fits neither into a piece nor beside the first.
    stage.push(frame(0, &[90 * KIB]));
    stage.push(frame(1, &[200 * KIB]));
    stage.push(frame(2, &[90 * KIB]));
    let chunks = until_silent(&mut stream).await;
    assert_chunks(&chunks, 3, CHUNK_BYTES_MAX);
}

#[tokio::test(start_paused = true)]
async fn large_cursors_come_at_most_every_quarter_second() {
    let stage = Stage::default();
    stage.pad_cursor(600);
    let mut stream = stage.begun().await;
    let begun = Instant::now();
    let mut ids = Vec::new();
    for offset in 0..100 {
        stage.push(frame(offset, &[0]));
        while let Ok(chunk) = timeout(Duration::from_millis(10), next(&mut stream)).await {
            if chunk.unwrap().contains("id: ") {
                ids.push(begun.elapsed());
            }
        }
    }
    assert!((3..=5).contains(&ids.len()), "{ids:?}");
    let gaps = ids.windows(2).map(|pair| pair[1] - pair[0]);
    assert!(gaps.max().unwrap() <= CURSOR_EVERY + Duration::from_millis(10), "{ids:?}");
    // The last event's id comes too, though nothing follows it.
    let last = timeout(CURSOR_EVERY * 2, next(&mut stream)).await.unwrap().unwrap();
    assert!(last.starts_with("id: 100~"), "{last}");
}

#[tokio::test(start_paused = true)]
async fn silence_is_broken_by_heartbeats_with_the_cursor() {
    let stage = Stage::default();
    let mut stream = stage.begun().await;
    let begun = Instant::now();
    for beat in 1..=3 {
        // The plan let nothing through, but the reader moved.
        stage.resume_at(beat.into());
        let expected = format!(": heartbeat\nid: {beat}\n\n");
        assert_eq!(next(&mut stream).await.unwrap(), expected);
        let late = begun.elapsed().saturating_sub(HEARTBEAT * beat);
        assert!(begun.elapsed() >= HEARTBEAT * beat && late < Duration::from_millis(10));
    }
    // Events put it off.
    tokio::time::advance(HEARTBEAT / 2).await;
    stage.push(frame(3, &[0]));
    next(&mut stream).await.unwrap();
    nothing(&mut stream, HEARTBEAT - Duration::from_millis(10)).await;
}

#[tokio::test(start_paused = true)]
async fn events_are_paced_and_none_is_lost() {
    let stage = Stage::with_limits(json!({"eventsPerSecond": 100}));
    let mut stream = stage.begun().await;
    stage.push(frame(0, &[0; 1000]));
    let chunks = until_silent(&mut stream).await;
    assert_chunks(&chunks, 1000, CHUNK_BYTES_MAX);
    let seconds = chunks.last().unwrap().0.as_secs_f64();
    // A burst of one second's worth comes first.
    assert!((8.5..=10.0).contains(&seconds), "{seconds}");
    for (_, chunk) in &chunks[20..] {
        let events = chunk.matches("data: ").count();
        assert!(events <= 10, "{events} at once");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_paced_still_beats_drains_and_resets() {
    let stage = Stage::with_limits(json!({"bytesPerSecond": 1024}));
    let mut stream = stage.begun().await;
    stage.push(frame(0, &[60 * 1024]));
    stage.push(frame(1, &[0]));
    assert!(next(&mut stream).await.unwrap().starts_with("data: 0"));
    let beat = next(&mut stream).await.unwrap();
    assert_eq!(beat, ": heartbeat\nid: 1\n\n");
    stage.revoke();
    assert_eq!(timeout(SOON, next(&mut stream)).await.unwrap(), Err(End::Reset));
}

#[tokio::test(start_paused = true)]
async fn an_error_is_the_last_event() {
    let stage = Stage::default();
    let mut stream = stage.begun().await;
    stage.push(frame(0, &[0]));
    stage.fail(ReadError::TopicGone);
    let chunk = next(&mut stream).await.unwrap();
    let error = chunk.split_once("event: error\ndata: ").unwrap();
    assert!(error.0.starts_with("data: 0\n\n"));
    let document = error.1.strip_suffix("\n\n").unwrap();
    let document: serde_json::Value = serde_json::from_str(document).unwrap();
    assert_eq!(document["code"], "events_gone");
    assert_eq!(next(&mut stream).await, Err(End::Closed));
}

#[tokio::test(start_paused = true)]
async fn draining_says_when_to_come_back_and_closes() {
    let stage = Stage::default();
    let mut stream = stage.begun().await;
    stage.push(frame(0, &[0]));
    next(&mut stream).await.unwrap();
    stage.signal.set_phase(Phase::Draining);
    let last = timeout(SOON, next(&mut stream)).await.unwrap();
    assert_eq!(last.unwrap(), "retry: 2000\nid: 1\n\n");
    assert_eq!(next(&mut stream).await, Err(End::Closed));
    // Before the end was written, time ran out.
    let mut stream = stage.begun().await;
    stage.signal.set_phase(Phase::Stopping);
    assert_eq!(next(&mut stream).await, Err(End::Reset));
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_permit_ended_is_reset_at_once() {
    let stage = Stage::default();
    let mut stream = stage.begun().await;
    stage.push(frame(0, &[0]));
    stage.revoke();
    tokio::task::yield_now().await;
    assert_eq!(next(&mut stream).await, Err(End::Reset));
    // While it waits, too.
    let stage = Stage::default();
    let mut stream = stage.begun().await;
    let waiting = tokio::spawn(async move { next(&mut stream).await });
    tokio::task::yield_now().await;
    stage.revoke();
    let end = timeout(SOON, waiting).await.unwrap().unwrap();
    assert_eq!(end, Err(End::Reset));
}

async fn ends(stream: &mut Stream<Script>, time: Duration) -> Option<End> {
    timeout(time, poll_fn(|context| stream.poll_end(true, context))).await.ok()
}

#[tokio::test(start_paused = true)]
async fn a_changed_chain_begins_with_the_next_event() {
    let stage = Stage::default();
    let mut stream = stage.begun().await;
    let other =
        Sample { chain: chain(json!([{"remove": {"path": "$.ssn"}}])), ..Sample::default() };
    stage.publish(&other);
    nothing(&mut stream, SOON).await;
    let fingerprint = |permit: &Permit| permit.grant().chain.as_ref().unwrap().fingerprint();
    assert_eq!(fingerprint(stream.source.permit()), fingerprint(&other.permit()));
    // Half a chunk of the old view is written: what follows would be of it.
    stage.publish(&Sample::default());
    assert_eq!(ends(&mut stream, SOON).await, Some(End::Reset));
}

#[tokio::test(start_paused = true)]
async fn a_new_snapshot_that_changes_nothing_disturbs_nobody() {
    let stage = Stage::default();
    let mut stream = stage.begun().await;
    stage.publish(&Sample::default());
    assert_eq!(ends(&mut stream, SOON).await, None);
    stage.refuse_renewal();
    stage.publish(&Sample::default());
    assert_eq!(ends(&mut stream, SOON).await, Some(End::Reset));
}

fn expiring(after: Duration) -> Sample {
    let mut sample = Sample::default();
    sample.credential.expires_at = Some(OffsetDateTime::now_utc() + after);
    sample
}

#[tokio::test(start_paused = true)]
async fn a_stream_does_not_outlast_its_credential() {
    let life = HEARTBEAT * 4;
    let stage = Stage::new(&expiring(life));
    let begun = Instant::now();
    let mut stream = stage.begun().await;
    assert_eq!(end(&mut stream).await.0, End::Closed, "nothing was half written");
    let lived = begun.elapsed();
    assert!(lived <= life && lived + Duration::from_secs(2) > life, "{lived:?}");
    // Nor does a write that the client does not take.
    let stage = Stage::new(&expiring(life));
    let begun = Instant::now();
    let mut stream = stage.begun().await;
    assert_eq!(ends(&mut stream, life + SOON).await, Some(End::Reset));
    // Woken for it, not found by the test's own deadline.
    assert!(begun.elapsed() <= life + Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_websocket_is_told_that_its_credential_is_over() {
    let stage = Stage::new(&expiring(SOON));
    let mut stream = stage.stream_as(Dialect::WebSocket, Credit::default());
    let (ended, said) = end(&mut stream).await;
    assert_eq!(ended, End::Closed);
    let [0x88, _, high, low, reason @ ..] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(u16::from_be_bytes([*high, *low]), 4401);
    assert!(reason.starts_with(b"the ticket or credential is over"), "{reason:?}");
    // One of several does not end the others' connection in order: what it had is theirs too.
    let mut stream = stage.stream_as(Dialect::Part, Credit::default());
    assert_eq!(end(&mut stream).await.0, End::Reset);
}

#[tokio::test(start_paused = true)]
async fn a_changed_expiry_holds_for_open_streams() {
    let stage = Stage::default();
    let mut stream = stage.begun().await;
    stage.publish(&expiring(SOON));
    assert_eq!(ends(&mut stream, SOON * 2).await, Some(End::Reset));
    let stage = Stage::new(&expiring(SOON));
    let mut stream = stage.begun().await;
    stage.publish(&Sample::default());
    assert_eq!(ends(&mut stream, SOON * 2).await, None);
}

/// What a stage's metrics say: withheld, filtered, redacted, milliseconds.
fn missed(stage: &Stage) -> [u64; 4] {
    stage.meters.report();
    let labels = [("subscription", "sub"), ("endpoint", "orders"), ("plan", "basic")];
    let labels = labels.map(|(name, value)| (name, value.to_owned())).to_vec();
    let metrics = &stage.metrics;
    [
        &metrics.subscriber_withheld,
        &metrics.subscriber_filtered,
        &metrics.subscriber_redacted,
        &metrics.subscriber_throttled,
    ]
    .map(|family| family.get_or_create(&labels).get())
}

#[tokio::test(start_paused = true)]
async fn what_was_passed_is_counted_with_and_without_events() {
    let stage = Stage::default();
    let mut stream = stage.begun().await;
    stage.passed(Passed { withheld: 1, filtered: 20, redacted: 300 });
    stage.push(frame(0, &[0; 2]));
    next(&mut stream).await.unwrap();
    assert_eq!(missed(&stage), [1, 20, 300, 0]);
    stage.passed(Passed { withheld: 4, ..Passed::default() });
    nothing(&mut stream, SOON).await;
    assert_eq!(missed(&stage), [5, 20, 300, 0]);
}

#[tokio::test(start_paused = true)]
async fn waits_for_the_budget_are_counted_and_others_are_not() {
    let stage = Stage::with_limits(json!({"eventsPerSecond": 10}));
    let mut stream = stage.begun().await;
    // Nobody waits for limits while nothing is there.
    nothing(&mut stream, SOON).await;
    stage.push(frame(0, &[0; 25]));
    let begun = Instant::now();
    let chunks = until_silent(&mut stream).await;
    let waited = chunks.last().unwrap().0;
    assert!(begun.elapsed() >= SOON);
    // Ten are there at once, and fifteen come a tenth of a second after each other.
    let millis = missed(&stage)[3];
    assert!((1_400..=1_600).contains(&millis), "{millis}");
    assert!(u128::from(millis) <= waited.as_millis() + 1, "{millis} of {waited:?}");
    // It goes on without a wait once there is room.
    stage.push(frame(25, &[0; 5]));
    next(&mut stream).await.unwrap();
    assert_eq!(missed(&stage)[3], millis);
}

#[tokio::test(start_paused = true)]
async fn events_bytes_and_open_streams_are_counted() {
    let stage = Stage::default();
    let mut stream = stage.begun().await;
    stage.push(frame(0, &[0; 2]));
    next(&mut stream).await.unwrap();
    stream.wrote(7);
    stage.meters.report();
    let labels = [("subscription", "sub"), ("endpoint", "orders"), ("plan", "basic")];
    let labels = labels.map(|(name, value)| (name, value.to_owned())).to_vec();
    let events = stage.metrics.events_sent.get_or_create(&labels).get();
    let bytes = stage.metrics.bytes_sent.get_or_create(&labels).get();
    assert_eq!((events, bytes), (2, 7));
    let labels = vec![("door", "sse".to_owned())];
    let open = stage.metrics.streams_open.get_or_create(&labels).clone();
    assert_eq!(open.get(), 1);
    drop(stream);
    assert_eq!(open.get(), 0);
}
