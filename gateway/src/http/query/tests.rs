use super::*;

const CURSOR: &str = "AbcdEfgh-jklM_op";

fn ask(query: &str) -> Result<Ask, Problem> {
    read(Some(query), &HeaderMap::new())
}

fn code(query: &str) -> &'static str {
    ask(query).expect_err(query).kind().code
}

fn start(query: &str) -> Start {
    ask(query).expect(query).start
}

fn with_last_event_id(query: &str, ids: &[&[u8]]) -> Result<Start, &'static str> {
    let mut headers = HeaderMap::new();
    for id in ids {
        let id = http::HeaderValue::from_bytes(id).unwrap();
        headers.append("last-event-id", id);
    }
    let ask = read(Some(query), &headers);
    ask.map(|ask| ask.start).map_err(|problem| problem.kind().code)
}

#[test]
fn nothing_asked_for_means_records_from_now_on() {
    let expected = Ask { start: Start::Latest, format: Format::Record, tag: None, window: None };
    assert_eq!(read(None, &HeaderMap::new()).unwrap(), expected);
    assert_eq!(ask("").unwrap(), expected);
    assert_eq!(ask("&&from=latest&format=record&").unwrap(), expected);
}

#[test]
fn from_is_a_place_a_time_or_a_cursor() {
    assert_eq!(start("from=earliest"), Start::Earliest);
    assert_eq!(start("from=latest"), Start::Latest);
    assert_eq!(start(&format!("from={CURSOR}")), Start::Cursor(CURSOR.into()));
    let times = [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-01-31T12:00:00Z", 1_769_860_800_000),
        ("2026-01-31T12:00:00.2509Z", 1_769_860_800_250),
        ("2026-01-31T14:00:00%2B02:00", 1_769_860_800_000),
        // Not encoded: some parsers in between make a space of it.
        ("2026-01-31T14:00:00+02:00", 1_769_860_800_000),
        ("2026-01-31T14:00:00%2002:00", 1_769_860_800_000),
        ("2026-01-31T12%3A00%3A00Z", 1_769_860_800_000),
    ];
    for (time, millis) in times {
        assert_eq!(start(&format!("from={time}")), Start::Time(millis), "{time}");
    }
}

#[test]
fn a_wrong_from_is_refused_with_what_is_allowed() {
    let wrong = [
        "",
        "Earliest",
        "earliest%20",
        "yesterday",
        "0",
        "2026-01-31",
        "2026-01-31T12:00:00",
        "2026-13-31T12:00:00Z",
        "1969-12-31T23:59:59Z",
        "AbcdEfgh.jklMnop",
        "AbcdEfghijklMno",
        "AbcdEfghijklMnop%3D",
        "%ff",
        "%zz",
    ];
    for from in wrong {
        assert_eq!(code(&format!("from={from}")), "invalid_parameter", "{from}");
    }
    let document = ask("from=yesterday").unwrap_err().document();
    let document: serde_json::Value = serde_json::from_slice(&document).unwrap();
    assert_eq!(document["parameter"], "from");
    assert_eq!(document["allowed"][0], "earliest");
}

#[test]
fn formats_are_record_and_value() {
    assert_eq!(ask("format=value").unwrap().format, Format::Value);
    for format in ["", "json", "Value", "value%00"] {
        assert_eq!(code(&format!("format={format}")), "invalid_parameter", "{format}");
    }
}

#[test]
fn parameters_are_known_and_sent_once() {
    assert_eq!(code("from=latest&from=latest"), "invalid_parameter");
    assert_eq!(code("format=value&format=value"), "invalid_parameter");
    for name in ["From", "form", "since", "fr%6Fm", "=", "\u{1F600}"] {
        assert_eq!(code(&format!("{name}=latest")), "unknown_parameter", "{name}");
    }
    let detail = |query: &str| String::from_utf8(ask(query).unwrap_err().document()).unwrap();
    assert!(detail("form=latest").contains("Did you mean `from`?"));
    assert!(detail("FORMAT=value").contains("Did you mean `format`?"));
    assert!(detail("formt=value").contains("Did you mean `form"));
    assert!(!detail("partition=1").contains("Did you mean"));
}

#[test]
fn problems_do_not_repeat_what_was_sent() {
    for query in ["from=hunter2", "hunter2=1", "format=hunter2", "from=hunter2:x"] {
        let document = String::from_utf8(ask(query).unwrap_err().document()).unwrap();
        assert!(!document.contains("hunter2"), "{document}");
    }
}

#[test]
fn the_last_event_id_counts_more_than_from() {
    let cursor = Ok(Start::Cursor(CURSOR.into()));
    let id = CURSOR.as_bytes();
    assert_eq!(with_last_event_id("", &[id]), cursor);
    assert_eq!(with_last_event_id("from=earliest", &[id]), cursor);
    assert_eq!(with_last_event_id("from=earliest", &[b""]), Ok(Start::Earliest));
    assert_eq!(with_last_event_id("", &[b""]), Ok(Start::Latest));
    let wrong: [&[&[u8]]; 5] = [&[b"17"], &[b"\xff"], &[id, id], &[b"", id], &[b"a b"]];
    for ids in wrong {
        assert_eq!(with_last_event_id("", ids), Err("invalid_parameter"), "{ids:?}");
    }
    // A wrong `from` is told even if it would not count.
    let wrong = with_last_event_id("from=yesterday", &[id]);
    assert_eq!(wrong, Err("invalid_parameter"));
}

#[test]
fn secrets_in_the_address_are_refused_and_not_repeated() {
    let secrets = [
        "access_token=x",
        "from=latest&TOKEN=x",
        "to%6ben=x",
        "from=slg_c1_0123456789",
        "from=%73lg_c1_0123456789",
        "x=Bearer%20slg_c1_0123456789",
        "slg_c1_0123456789",
        "slg_c1_0123456789=1",
        "password",
        "api_key=",
        "%ff=1",
        "a=%zz",
    ];
    for query in secrets {
        let problem = refuse_secrets(Some(query)).expect_err(query);
        assert_eq!(problem.kind().code, "secret_in_query", "{query}");
        let document = String::from_utf8(problem.document()).unwrap();
        assert!(!document.contains("0123456789"), "{document}");
    }
    let harmless = [None, Some(""), Some("from=latest&format=value"), Some("tokens=1")];
    for query in harmless {
        assert!(refuse_secrets(query).is_ok(), "{query:?}");
    }
}
