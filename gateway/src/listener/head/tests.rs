use tokio::io::AsyncWriteExt;

use super::*;

const PLAIN: &str = "GET /v1/endpoints/orders/events?from=latest HTTP/1.1\r\nHost: a\r\n\r\n";

/// What becomes of these bytes, sent in pieces of `size`, after which the client waits.
async fn way(bytes: &[u8], size: usize) -> Way {
    let (mut client, mut server) = tokio::io::duplex(256 * 1024);
    for piece in bytes.chunks(size) {
        client.write_all(piece).await.unwrap();
    }
    read(&mut server).await.unwrap()
}

async fn is_stream(text: &str) -> bool {
    match way(text.as_bytes(), text.len()).await {
        Way::Stream { .. } => true,
        Way::Hyper(front) => {
            assert_eq!(front, text.as_bytes(), "all that was read is handed on");
            false
        }
    }
}

#[tokio::test]
async fn a_plain_request_is_a_stream_however_it_arrives() {
    for size in [1, 7, 1024] {
        let (mut client, mut server) = tokio::io::duplex(size);
        let reading = tokio::spawn(async move { read(&mut server).await });
        client.write_all(PLAIN.as_bytes()).await.unwrap();
        let Some(Way::Stream { uri, headers }) = reading.await.unwrap() else {
            panic!("not a stream in pieces of {size}");
        };
        assert_eq!(uri, "/v1/endpoints/orders/events?from=latest");
        assert_eq!(headers.len(), 1);
        assert_eq!(headers["host"], "a");
    }
}

#[tokio::test]
async fn usual_headers_stay_plain_and_repeated_ones_are_kept() {
    let more = "Accept: text/event-stream\r\nConnection: keep-alive\r\nCookie: a\r\n\
        Last-Event-ID: 1\r\nLast-Event-ID: 2\r\n\r\n";
    let text = PLAIN.replace("\r\n\r\n", "\r\n") + more;
    let Way::Stream { headers, .. } = way(text.as_bytes(), 4096).await else {
        panic!("not a stream");
    };
    assert_eq!(headers.get_all("last-event-id").iter().count(), 2);
}

#[tokio::test]
async fn whatever_is_in_doubt_goes_to_hyper() {
    let with = |field: &str| PLAIN.replace("\r\n\r\n", &format!("\r\n{field}\r\n\r\n"));
    let doubtful = [
        with("Content-Length: 0"),
        with("Transfer-Encoding: chunked"),
        with("Upgrade: h2c"),
        with("Expect: 100-continue"),
        with("TE: trailers"),
        with("Trailer: a"),
        with("Host: b"),
        with("Broken"),
        with("Accept : a"),
        with("A: b\r\n folded"),
        PLAIN.replace("Host: a\r\n", ""),
        PLAIN.replace("HTTP/1.1", "HTTP/1.0"),
        PLAIN.replace("HTTP/1.1", "HTTP/2.0"),
        PLAIN.replace("/events", "/other"),
        PLAIN.replace("/events", "/events/"),
        PLAIN.replace("GET ", "POST "),
        PLAIN.replace("GET ", "get "),
        PLAIN.replace("GET ", "GET  "),
        PLAIN.replace("GET /", "GET http://a/"),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\n".to_owned(),
        "\u{16}\u{3}\u{1}".to_owned(),
        format!("{PLAIN}GET / HTTP/1.1\r\n\r\n"),
        format!("{PLAIN}x"),
    ];
    for text in doubtful {
        assert!(!is_stream(&text).await, "{text:?}");
    }
    assert!(is_stream(PLAIN).await);
}

#[tokio::test]
async fn heads_have_an_end() {
    let fields = "a: b\r\n".repeat(HEADERS_MAX);
    let text = PLAIN.replace("\r\n\r\n", "\r\n") + &fields + "\r\n";
    assert!(!is_stream(&text).await, "too many fields");
    let text = PLAIN.replace("\r\n\r\n", "\r\nA: ") + &"a".repeat(HEAD_BYTES_MAX);
    let Way::Hyper(front) = way(text.as_bytes(), text.len()).await else {
        panic!("not a stream");
    };
    assert!(front.len() >= HEAD_BYTES_MAX);
}

#[tokio::test]
async fn a_client_that_leaves_is_nobodys_or_hypers() {
    let (client, mut server) = tokio::io::duplex(64);
    drop(client);
    assert!(read(&mut server).await.is_none());
    let (mut client, mut server) = tokio::io::duplex(64);
    client.write_all(b"GET /v1/end").await.unwrap();
    drop(client);
    let way = read(&mut server).await;
    assert!(matches!(way, Some(Way::Hyper(front)) if front == b"GET /v1/end".as_slice()));
}
