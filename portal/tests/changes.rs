//! The change feed over a real socket.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use std::time::Duration;

use support::{Api, TOKEN};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How long an event may take.
const LIMIT: Duration = Duration::from_secs(20);

struct Follower(TcpStream, String);

impl Follower {
    async fn open(api: &Api, query: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect(api.address).await.unwrap();
        let request = format!(
            "GET /api/v1/changes{query} HTTP/1.1\r\nhost: test\r\n{headers}authorization: Bearer \
             {TOKEN}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        Self(stream, String::new())
    }

    /// Reads on until a text has come.
    async fn until(&mut self, text: &str) {
        let read = async {
            while !self.1.contains(text) {
                let mut bytes = [0; 4096];
                let count = self.0.read(&mut bytes).await.unwrap();
                assert!(count > 0, "it ended: {}", self.1);
                self.1.push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        };
        let read = tokio::time::timeout(LIMIT, read).await;
        assert!(read.is_ok(), "no {text:?} in {}", self.1);
    }
}

#[tokio::test]
async fn what_changes_is_told_as_it_happens_and_what_was_missed_afterwards() {
    let (api, _) = Api::with_base().await;
    let mut follower = Follower::open(&api, "", "").await;
    follower.until("\r\n\r\n").await;
    assert!(follower.1.contains("content-type: text/event-stream"), "{}", follower.1);
    api.with_token("POST", "/subscriptions/shipping-orders/suspend").await;
    follower.until("id: 2\n").await;
    follower.until("\"name\":\"shipping-orders\",\"what\":\"suspended\"").await;
    api.with_token("DELETE", "/subscriptions/shipping-orders").await;
    follower.until("\"what\":\"deleted\"").await;

    let mut late = Follower::open(&api, "", "last-event-id: 1\r\n").await;
    late.until("id: 3\n").await;
    assert!(late.1.contains("id: 2\n") && late.1.contains("event: change"), "{}", late.1);
    let mut beyond = Follower::open(&api, "?since=77", "").await;
    beyond.until("event: reset\nid: 3\n").await;
    for wrong in ["?since=x", "?from=1"] {
        api.get(&format!("/changes{wrong}")).await.problem(400, "bad_request");
    }
}
