use super::*;

fn events(parser: &mut Parser) -> Vec<(String, String, String)> {
    std::iter::from_fn(|| parser.pop())
        .map(|event| (event.kind, event.data, event.last_event_id))
        .collect()
}

fn text(kind: &str, data: &str, id: &str) -> (String, String, String) {
    (kind.to_owned(), data.to_owned(), id.to_owned())
}

/// Cut at every place, the outcome is the same.
#[test]
fn cuts_do_not_matter() {
    let stream = "\u{feff}retry: 1500\r\n\r\n:hi\rid: 7\r\r\ndata: a\ndata:b\n\nevent: gone\n\
                  data\n\ndata:  two\r\n\r\nid\n\ndata: ü\n\n";
    let expected = [
        text("message", "a\nb", "7"),
        text("gone", "", "7"),
        text("message", " two", "7"),
        text("message", "ü", ""),
    ];
    for cut in 0..stream.len() {
        let (head, tail) = stream.as_bytes().split_at(cut);
        let mut parser = Parser::new();
        parser.feed(head).expect("valid");
        parser.feed(tail).expect("valid");
        assert_eq!(events(&mut parser), expected, "cut at {cut}");
        assert_eq!((parser.retry, parser.ids), (Some(1500), 2));
        assert_eq!(parser.comments, ["hi"]);
        assert_eq!(parser.chunks, [0, 3, 1]);
        assert!(parser.is_at_block_end());
    }
}

#[test]
fn an_unfinished_event_is_not_dispatched() {
    let mut parser = Parser::new();
    parser.feed(b"data: a\n").expect("valid");
    assert_eq!(parser.pop(), None);
    assert!(!parser.is_at_block_end());
}

#[test]
fn what_a_browser_forgives_is_an_error() {
    for bad in [&b"dat: a\n"[..], b"data: \xff\n", b"retry: soon\n", b"id: a\0b\n"] {
        assert!(Parser::new().feed(bad).is_err(), "{bad:?}");
    }
}
