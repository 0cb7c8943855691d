use super::*;
use tokio::io::duplex;

#[tokio::test]
async fn frames_come_whole_whatever_the_pieces() {
    let (mut client, server) = duplex(64);
    let mut frames = Frames::new(server);
    let sent = tokio::spawn(async move {
        for piece in [&b"\0\0"[..], b"\0\x05ab", b"cde\0\0\0\0\0\0\0\x01z"] {
            client.write_all(piece).await.expect("written");
            tokio::task::yield_now().await;
        }
    });
    for expected in [&b"abcde"[..], b"", b"z"] {
        assert_eq!(frames.next().await.expect("a frame").as_deref(), Some(expected));
    }
    assert!(frames.next().await.expect("the end").is_none());
    sent.await.expect("sent");
}

#[tokio::test]
async fn lengths_over_the_limit_end_the_connection_before_they_arrive() {
    for (first, logged_in) in [
        (&i32::MAX.to_be_bytes()[..], true),
        (&(-1i32).to_be_bytes(), true),
        (&(64 * 1024 + 1i32).to_be_bytes(), false),
        // Metadata of 9 MiB.
        (&[0, 0x90, 0, 0, 0, 3], true),
        (b"GET / HTTP/1.1\r\n", true),
        (b"\x16\x03\x01\x02\0\x01\0\x01", false),
    ] {
        let (mut client, server) = duplex(64);
        let mut frames = Frames::new(server);
        if logged_in {
            frames.logged_in();
        }
        client.write_all(first).await.expect("written");
        let refused = frames.next().await;
        assert!(matches!(refused, Err(FrameError::Wire(_))), "{first:?}");
        assert!(frames.buffer.capacity() <= 2 * IDLE_BYTES);
    }
}

#[tokio::test]
async fn an_answer_is_written_in_its_order_through_a_narrow_pipe() {
    let (mut client, server) = duplex(7);
    let mut frames = Frames::new(server);
    let parts: Vec<Bytes> = (0..200u8).map(|n| Bytes::from(vec![n; usize::from(n % 5)])).collect();
    let expected = parts.concat();
    let written = tokio::spawn(async move { frames.write(b"head", &parts).await.is_ok() });
    let mut read = vec![0; 8 + expected.len()];
    client.read_exact(&mut read).await.expect("read");
    assert!(written.await.expect("joined"));
    assert_eq!(read[..4], u32::try_from(4 + expected.len()).expect("small").to_be_bytes());
    assert_eq!((&read[4..8], &read[8..]), (&b"head"[..], &expected[..]));
}

#[test]
fn small_parts_are_gathered_and_large_ones_are_not_copied() {
    let (small, large) = (Bytes::from_static(b"small"), Bytes::from(vec![7; GATHERED_BELOW]));
    let parts = [small.clone(), small.clone(), large.clone(), large.clone(), small];
    let pieces = gather(b"\0\0\0\x09", b"head", &parts);
    let lengths: Vec<usize> = pieces.iter().map(Bytes::len).collect();
    assert_eq!(lengths, [4 + 4 + 10, GATHERED_BELOW, GATHERED_BELOW, 5]);
    assert_eq!(pieces[0], "\0\0\0\x09headsmallsmall");
    assert_eq!(pieces[1].as_ptr(), large.as_ptr());
}
