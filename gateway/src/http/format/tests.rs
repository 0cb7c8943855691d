use super::*;

/// One event as a browser would dispatch it (WHATWG HTML 9.2.6), and the ids it saw.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Seen {
    pub(crate) events: Vec<(String, String)>,
    pub(crate) ids: Vec<String>,
    pub(crate) retries: Vec<String>,
    pub(crate) comments: usize,
    pub(crate) unknown: Vec<String>,
}

/// Parses an event stream by the letter of the standard.
pub(crate) fn parse(stream: &[u8]) -> Seen {
    let text = std::str::from_utf8(stream).expect("an event stream is UTF-8");
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut seen = Seen::default();
    let (mut data, mut kind) = (String::new(), String::new());
    for line in text.split('\n') {
        if line.is_empty() {
            if !data.is_empty() {
                data.pop();
                seen.events.push((std::mem::take(&mut kind), std::mem::take(&mut data)));
            }
            data.clear();
            kind.clear();
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" => seen.comments += 1,
            "data" => {
                data.push_str(value);
                data.push('\n');
            }
            "event" => kind = value.to_owned(),
            "id" => seen.ids.push(value.to_owned()),
            "retry" => seen.retries.push(value.to_owned()),
            other => seen.unknown.push(other.to_owned()),
        }
    }
    seen
}

fn record<'a>(key: Option<&'a [u8]>, value: Option<&'a [u8]>) -> Record<'a> {
    Record { offset: 42, timestamp: 1_769_860_800_123, key, value, headers: &[] }
}

fn envelope(record: Record<'_>, values: Values) -> serde_json::Value {
    let mut writer = FrameWriter::new(Framing::Sse, 0, 0);
    writer.record(3, record, values);
    let frame = writer.finish();
    let seen = parse(&frame.bytes);
    assert_eq!(seen.events.len(), 1, "{seen:?}");
    assert!(seen.ids.is_empty() && seen.unknown.is_empty() && seen.retries.is_empty());
    assert_eq!(frame.events.len(), 1);
    assert_eq!(frame.events[0].end as usize, frame.bytes.len());
    serde_json::from_str(&seen.events[0].1).expect("an envelope is JSON")
}

fn value_event(value: Option<&[u8]>) -> (String, String) {
    let mut writer = FrameWriter::new(Framing::Sse, 0, 0);
    writer.value(record(None, value));
    let seen = parse(&writer.finish().bytes);
    assert_eq!(seen.events.len(), 1, "{seen:?}");
    assert!(seen.ids.is_empty() && seen.unknown.is_empty() && seen.retries.is_empty());
    seen.events.into_iter().next().unwrap()
}

/// Payloads that try to become something else than the data of one event.
const HOSTILE: [&[u8]; 14] = [
    b"a\n\nid: x\n\ndata: y",
    b"\r\rid: 1\r\r",
    b"\r\n\r\nevent: e\r\ndata: z\r\n\r\n",
    b"\nretry: 1\n",
    b":comment",
    b"id: 7",
    b" leading space",
    b"",
    b"\n",
    b"\0\x01\x1b[31m",
    "\u{2028}\n\u{2029}\u{85}\u{feff}".as_bytes(),
    b"\"},\"offset\":1,\"x\":\"",
    b"{\"a\":1}\n\n{\"b\":2}",
    b"1,\"offset\":5",
];

#[test]
fn an_envelope_holds_what_the_record_held() {
    let headers = [
        HeaderView { name: b"trace", value: Some(b"abc\"\n") },
        HeaderView { name: b"trace", value: None },
        HeaderView { name: b"raw", value: Some(b"\xff\x00") },
    ];
    let mut record = record(Some(b"k1"), Some(b"{\"a\":[1,2]}"));
    record.headers = &headers;
    let expected = serde_json::json!({
        "partition": 3, "offset": 42, "timestamp": "2026-01-31T12:00:00.123Z", "key": "k1",
        "headers": [["trace", "abc\"\n"], ["trace", null], ["raw", {"base64": "/wA="}]],
        "value": {"a": [1, 2]},
    });
    assert_eq!(envelope(record, Values::Json), expected);
}

#[test]
fn the_envelope_is_this_text() {
    let mut writer = FrameWriter::new(Framing::Sse, 0, 0);
    writer.record(0, record(None, Some(b"{\"n\": 1e400}")), Values::Json);
    assert_eq!(
        std::str::from_utf8(&writer.finish().bytes).unwrap(),
        "data: {\"partition\":0,\"offset\":42,\"timestamp\":\"2026-01-31T12:00:00.123Z\",\
         \"key\":null,\"headers\":[],\"value\":{\"n\": 1e400}}\n\n"
    );
}

#[test]
fn tombstones_empty_values_and_keys_differ() {
    let tombstone = envelope(record(Some(b""), None), Values::Json);
    assert!(tombstone["value"].is_null() && tombstone.get("valueEncoding").is_none());
    assert_eq!(tombstone["key"], "");
    let empty = envelope(record(None, Some(b"")), Values::Json);
    assert_eq!((&empty["value"], &empty["valueEncoding"]), (&"".into(), &"text".into()));
    assert!(empty["key"].is_null());
}

#[test]
fn pretty_json_is_embedded_over_several_lines() {
    for line_end in ["\n", "\r\n", "\r"] {
        let pretty = "{\n  \"a\": \"x\",\n\n  \"b\": [\n    1\n  ]\n}".replace('\n', line_end);
        let shown = envelope(record(None, Some(pretty.as_bytes())), Values::Json);
        assert_eq!(shown["value"], serde_json::json!({"a": "x", "b": [1]}));
    }
}

#[test]
fn what_is_not_json_becomes_text_or_base64() {
    for hostile in HOSTILE {
        let shown = envelope(record(Some(hostile), Some(hostile)), Values::Json);
        let text = std::str::from_utf8(hostile).unwrap();
        assert_eq!(shown["value"], text);
        assert_eq!(shown["valueEncoding"], "text");
        assert_eq!(shown["key"], text);
        assert_eq!(shown["offset"], 42);
    }
    let shown = envelope(record(Some(b"\xc3\x28"), Some(b"\xff\n\n")), Values::Json);
    assert_eq!((&shown["value"], &shown["valueEncoding"]), (&"/woK".into(), &"base64".into()));
    assert_eq!((&shown["key"], &shown["keyEncoding"]), (&"wyg=".into(), &"base64".into()));
}

#[test]
fn opaque_values_keep_one_type() {
    for (value, text) in [(&b"123"[..], "123"), (b"{}", "{}"), (b"null", "null"), (b"x", "x")] {
        let shown = envelope(record(None, Some(value)), Values::Opaque);
        assert_eq!((&shown["value"], &shown["valueEncoding"]), (&text.into(), &"text".into()));
    }
}

#[test]
fn a_value_alone_keeps_its_lines() {
    for hostile in HOSTILE {
        let text = std::str::from_utf8(hostile).unwrap();
        let lines = text.replace("\r\n", "\n").replace('\r', "\n");
        assert_eq!(value_event(Some(hostile)), (String::new(), lines));
    }
    assert_eq!(value_event(None), ("tombstone".into(), "null".into()));
    assert_eq!(value_event(Some(b"\xff\n")), ("base64".into(), "/wo=".into()));
}

#[test]
fn timestamps_agree_with_the_calendar() {
    use time::{OffsetDateTime, format_description::well_known::Rfc3339};
    let step = 86_400_000i64 * 17 + 12_345_679;
    let mut millis = 0;
    while millis <= 253_402_300_799_999 {
        let mut out = Vec::new();
        text::timestamp(&mut out, millis);
        let text = String::from_utf8(out).unwrap();
        let parsed = OffsetDateTime::parse(text.trim_matches('"'), &Rfc3339).unwrap();
        assert_eq!(parsed.unix_timestamp_nanos(), i128::from(millis) * 1_000_000, "{text}");
        assert_eq!(text.len(), 26);
        millis += step;
    }
    for none in [-1, i64::MIN, 253_402_300_800_000, i64::MAX] {
        let mut out = Vec::new();
        text::timestamp(&mut out, none);
        assert_eq!(out, b"null");
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_a_second_event(
        key in proptest::option::of(proptest::collection::vec(proptest::num::u8::ANY, 0..40)),
        value in proptest::option::of(proptest::string::string_regex(
            "([\\r\\n: \\x00\"{}\\[\\],0-9a-z]|id: |data: |event: |\\u{2028}){0,40}").unwrap()),
    ) {
        let record = record(key.as_deref(), value.as_ref().map(String::as_bytes));
        let mut writer = FrameWriter::new(Framing::Sse, 0, 0);
        writer.record(1, record, Values::Json);
        writer.record(1, record, Values::Opaque);
        writer.value(record);
        let frame = writer.finish();
        let seen = parse(&frame.bytes);
        assert_eq!(seen.events.len(), 3);
        assert!(seen.ids.is_empty() && seen.unknown.is_empty() && seen.comments == 0);
        assert_eq!(frame.events.len(), 3);
    }
}

#[test]
fn websocket_frames_hold_the_record_as_it_is() {
    let record =
        Record { offset: 7, timestamp: 0, key: None, value: Some(b"{\n\"a\": 1}"), headers: &[] };
    let mut writer = FrameWriter::new(Framing::WebSocket, 0, 2);
    writer.record(2, record, Values::Json);
    writer.value(record);
    writer.value(Record { value: None, ..record });
    let frame = writer.finish();
    let text = "{\"partition\":2,\"offset\":7,\"timestamp\":\"1970-01-01T00:00:00.000Z\",\
                \"key\":null,\"headers\":[],\"value\":{\n\"a\": 1}}";
    let length = u8::try_from(text.len()).unwrap();
    let expected =
        [&[0x81, length], text.as_bytes(), &[0x82, 9], b"{\n\"a\": 1}", &[0x82, 0]].concat();
    assert_eq!(frame.bytes, expected);
    let ends: Vec<_> = frame.events.iter().map(|event| event.end as usize).collect();
    assert_eq!(ends, [2 + text.len(), 2 + text.len() + 11, expected.len()]);
}
