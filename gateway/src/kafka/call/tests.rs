use super::*;

fn frame(api: i16, version: i16, client: &[u8], rest: &[u8]) -> Bytes {
    let mut frame = [api.to_be_bytes(), version.to_be_bytes()].concat();
    frame.extend_from_slice(&7i32.to_be_bytes());
    frame.extend_from_slice(client);
    frame.extend_from_slice(rest);
    frame.into()
}

#[test]
fn a_header_is_read_in_both_forms() {
    let call = Call::read(frame(3, 8, b"\0\x02me", b"body")).expect("a call");
    assert_eq!((call.api, call.version, call.correlation_id), (3, 8, 7));
    assert_eq!((call.client_id.as_deref(), &call.body[..]), (Some("me"), &b"body"[..]));
    // One tagged field of two bytes.
    let call = Call::read(frame(3, 9, b"\xff\xff", b"\x01\x05\x02xxbody")).expect("a call");
    assert_eq!((call.client_id, &call.body[..]), (None, &b"body"[..]));
}

#[test]
fn broken_headers_are_refused() {
    for length in 0..10 {
        let whole = frame(3, 8, b"\0\x02me", b"");
        assert!(Call::read(whole.slice(..length)).is_err(), "{length}");
    }
    assert!(Call::read(frame(3, 8, b"\x7f\xffme", b"")).is_err());
    assert!(Call::read(frame(3, 8, b"\xff\xfe", b"")).is_err());
    assert_eq!(Call::read(frame(3, 8, b"\0\x02\xff\xff", b"")).err(), Some(BadRequest::Field));
    assert!(Call::read(frame(3, 9, b"\xff\xff", b"\xff\xff\xff\xff\x0f")).is_err());
    assert_eq!(Call::read(frame(200, 0, b"\xff\xff", b"")).err(), Some(BadRequest::Undescribed));
}

#[test]
fn versions_of_the_future_can_be_answered() {
    let call = Call::read(frame(18, i16::MAX, b"\xff\xff", b"\xff\xff\xff")).expect("a call");
    assert_eq!((call.version, call.correlation_id), (i16::MAX, 7));
}

#[test]
fn a_count_that_no_bytes_back_is_refused_before_the_codec_sees_it() {
    // 2,147,483,647 topics in 9 bytes: the codec would reserve 154 GB.
    let body = [&i32::MAX.to_be_bytes()[..], &[0; 5]].concat();
    let call = Call::read(frame(3, 4, b"\xff\xff", &body)).expect("a call");
    let decoded = call.decode::<kafka_protocol::messages::MetadataRequest>();
    assert_eq!(decoded.err(), Some(BadRequest::Wire(WireError::BadLength)));
}
