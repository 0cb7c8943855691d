//! A strict Server-Sent Events client: bytes are parsed by the letter of the WHATWG rules, and what
//! the gateway promises beyond them (ids in blocks of their own, chunks between two ids) is
//! counted, so that tests can hold it to its word.

mod parser;

pub use parser::{Event, Parser};

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;
use time::format_description::well_known::Rfc3339;
use tokio::net::TcpSocket;

use crate::expect::within;
use crate::http::{self, Answer, Connection, Head, Socket};

/// How long the answer's head may take.
const OPEN_LIMIT: Duration = Duration::from_secs(30);

/// A subscription to open.
#[derive(Clone)]
pub struct Request {
    address: String,
    target: String,
    headers: Vec<(String, String)>,
    tls: Option<Arc<rustls::ClientConfig>>,
    receive_buffer: Option<u32>,
}

impl Request {
    /// `GET /v1/endpoints/{endpoint}/events` at `address` (`host:port`).
    pub fn new(address: &str, endpoint: &str) -> Request {
        Request {
            address: address.to_owned(),
            target: format!("/v1/endpoints/{endpoint}/events"),
            headers: vec![("Accept".to_owned(), "text/event-stream".to_owned())],
            tls: None,
            receive_buffer: None,
        }
    }

    /// Authenticates with an application's secret as a bearer token.
    pub fn bearer(self, secret: &str) -> Request {
        self.header("Authorization", &format!("Bearer {secret}"))
    }

    /// Authenticates with credential id and secret.
    pub fn basic(self, user: &str, password: &str) -> Request {
        let token = STANDARD.encode(format!("{user}:{password}"));
        self.header("Authorization", &format!("Basic {token}"))
    }

    /// Adds a query parameter (percent-encoded here).
    pub fn query(mut self, name: &str, value: &str) -> Request {
        self.target.push(if self.target.contains('?') { '&' } else { '?' });
        self.target.push_str(&format!("{name}={}", percent(value)));
        self
    }

    /// Where to start: `earliest`, `latest`, an RFC 3339 time or a cursor.
    pub fn from(self, start: &str) -> Request {
        self.query("from", start)
    }

    /// Resumes after `id`.
    pub fn last_event_id(self, id: &str) -> Request {
        self.header("Last-Event-ID", id)
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Request {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Over TLS.
    pub fn tls(mut self, config: Arc<rustls::ClientConfig>) -> Request {
        self.tls = Some(config);
        self
    }

    /// With a receive buffer of that many bytes, so that a stall is felt early.
    pub fn receive_buffer(mut self, bytes: u32) -> Request {
        self.receive_buffer = Some(bytes);
        self
    }

    /// The request as it goes over the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        http::request("GET", &self.target, &headers, b"")
    }

    /// Opens the stream; anything but a stream is an error that shows the answer.
    pub async fn open(&self) -> anyhow::Result<Stream> {
        match self.attempt().await? {
            Outcome::Stream(stream) => Ok(*stream),
            Outcome::Refused(answer) => {
                anyhow::bail!("refused with {}: {}", answer.status(), answer.text())
            }
        }
    }

    /// Expects a refusal and gives it.
    pub async fn refused(&self) -> anyhow::Result<Answer> {
        match self.attempt().await? {
            Outcome::Refused(answer) => Ok(answer),
            Outcome::Stream(_) => anyhow::bail!("a stream was opened: {}", self.target),
        }
    }

    /// Opens the stream or gives the refusal.
    pub async fn attempt(&self) -> anyhow::Result<Outcome> {
        within(OPEN_LIMIT, "the answer to an SSE request", self.exchange()).await?
    }

    async fn exchange(&self) -> anyhow::Result<Outcome> {
        let mut connection = Connection::new(self.connect().await?);
        connection.send(&self.bytes()).await?;
        let head = connection.head().await?;
        if head.status != 200 {
            let mut body = Vec::new();
            while let Some(bytes) = connection.body().await? {
                body.extend_from_slice(&bytes);
            }
            return Ok(Outcome::Refused(Answer { head, body }));
        }
        let media_type = head.header("content-type").unwrap_or_default();
        anyhow::ensure!(media_type.starts_with("text/event-stream"), "200 with {media_type:?}");
        Ok(Outcome::Stream(Box::new(Stream {
            head,
            connection,
            parser: Parser::new(),
            taken_ids: 0,
        })))
    }

    async fn connect(&self) -> anyhow::Result<Socket> {
        let Some(bytes) = self.receive_buffer else {
            return Socket::connect(&self.address, self.tls.clone()).await;
        };
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(bytes)?;
        let tcp = socket.connect(self.address.parse().context("not an address")?).await?;
        Socket::over(tcp, self.tls.clone()).await
    }
}

/// What a request came to.
pub enum Outcome {
    /// 200 and a stream.
    Stream(Box<Stream>),
    /// Anything else, whole.
    Refused(Answer),
}

/// An open stream. It reads only when it is asked to: not asking is how a subscriber stalls.
pub struct Stream {
    head: Head,
    connection: Connection,
    parser: Parser,
    /// Ids before the last event that was taken.
    taken_ids: u64,
}

impl Stream {
    /// Status and headers of the answer.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The next event; `None` when the server ended the stream.
    pub async fn next(&mut self, limit: Duration) -> anyhow::Result<Option<Event>> {
        within(limit, "the next event", self.next_event()).await?
    }

    /// The next `count` events.
    pub async fn take(&mut self, count: usize, limit: Duration) -> anyhow::Result<Vec<Event>> {
        let mut events = Vec::with_capacity(count);
        let outcome = within(limit, "the next events", async {
            while events.len() < count {
                events.push(self.next_event().await?.context("the stream ended")?);
            }
            anyhow::Ok(())
        });
        let outcome = outcome.await.and_then(|inner| inner);
        outcome.with_context(|| format!("{} of {count} events came", events.len()))?;
        Ok(events)
    }

    /// The next `count` events as records.
    pub async fn records(&mut self, count: usize, limit: Duration) -> anyhow::Result<Vec<Record>> {
        self.take(count, limit).await?.iter().map(Event::record).collect()
    }

    /// Fails when an event comes within `limit`; ids, comments and a clean end do not count.
    pub async fn silent(&mut self, limit: Duration) -> anyhow::Result<()> {
        match tokio::time::timeout(limit, self.next_event()).await {
            Err(_) | Ok(Ok(None)) => Ok(()),
            Ok(Ok(Some(event))) => anyhow::bail!("an event came: {event:?}"),
            Ok(Err(error)) => Err(error),
        }
    }

    /// Reads until the server closes or resets; gives what came until then, last words included.
    pub async fn until_closed(&mut self, limit: Duration) -> anyhow::Result<Vec<Event>> {
        let mut events = Vec::new();
        within(limit, "the server's close", async {
            while let Ok(Some(event)) = self.next_event().await {
                events.push(event);
            }
        })
        .await?;
        Ok(events)
    }

    /// Waits for the id that follows the last event taken: resuming from it repeats nothing.
    pub async fn next_id(&mut self, limit: Duration) -> anyhow::Result<String> {
        within(limit, "the id after the last event", async {
            while self.ids() <= self.taken_ids {
                anyhow::ensure!(self.parser.peek().is_none(), "an event comes before the next id");
                anyhow::ensure!(self.read().await?, "the stream ended");
            }
            anyhow::Ok(())
        })
        .await??;
        Ok(self.last_event_id().to_owned())
    }

    /// What to resume from: the id as it was when the next event that nobody has taken came, so
    /// that nothing is lost.
    pub fn last_event_id(&self) -> &str {
        match self.parser.peek() {
            Some(event) => &event.last_event_id,
            None => &self.parser.last_event_id,
        }
    }

    /// How many ids came before the next event that nobody has taken.
    fn ids(&self) -> u64 {
        self.parser.peek().map_or(self.parser.ids, |event| event.ids)
    }

    /// The parser with its counts.
    pub fn parser(&self) -> &Parser {
        &self.parser
    }

    /// The socket beneath.
    pub fn socket(&mut self) -> &mut Socket {
        self.connection.socket()
    }

    // Safe to cancel: what was read is in the parser.
    async fn next_event(&mut self) -> anyhow::Result<Option<Event>> {
        loop {
            if let Some(event) = self.parser.pop() {
                self.taken_ids = event.ids;
                return Ok(Some(event));
            }
            if !self.read().await? {
                return Ok(None);
            }
        }
    }

    async fn read(&mut self) -> anyhow::Result<bool> {
        match self.connection.body().await? {
            None => Ok(false),
            Some(bytes) => self.parser.feed(&bytes).map(|()| true),
        }
    }
}

/// An event in `format=record`.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Record {
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// RFC 3339 with milliseconds; `None`: the record has none.
    #[serde(default)]
    pub timestamp: Option<String>,
    /// The key.
    #[serde(default)]
    pub key: Option<String>,
    /// `base64` when the key is not UTF-8.
    #[serde(default)]
    pub key_encoding: Option<String>,
    /// Headers in order.
    #[serde(default)]
    pub headers: Vec<(Text, Option<Text>)>,
    /// The value as it stands in the event.
    #[serde(default)]
    pub value: Option<Box<RawValue>>,
    /// `text` or `base64` when the value is not JSON.
    #[serde(default)]
    pub value_encoding: Option<String>,
}

/// A name or value of a header.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(untagged)]
pub enum Text {
    /// What is UTF-8.
    Plain(String),
    /// What is not.
    Encoded {
        /// Its bytes.
        base64: String,
    },
}

impl Text {
    /// The bytes that it stands for.
    pub fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        match self {
            Text::Plain(text) => Ok(text.clone().into_bytes()),
            Text::Encoded { base64 } => Ok(STANDARD.decode(base64)?),
        }
    }
}

impl Record {
    /// The key's bytes.
    pub fn key_bytes(&self) -> anyhow::Result<Option<Vec<u8>>> {
        let Some(key) = &self.key else {
            return Ok(None);
        };
        match self.key_encoding.as_deref() {
            None => Ok(Some(key.clone().into_bytes())),
            Some("base64") => Ok(Some(STANDARD.decode(key)?)),
            Some(other) => anyhow::bail!("unknown key encoding {other}"),
        }
    }

    /// The timestamp in milliseconds since 1970; -1: none.
    pub fn timestamp_ms(&self) -> anyhow::Result<i64> {
        let Some(text) = &self.timestamp else {
            return Ok(-1);
        };
        let time = time::OffsetDateTime::parse(text, &Rfc3339)?;
        Ok(i64::try_from(time.unix_timestamp_nanos() / 1_000_000)?)
    }

    /// The record as a Kafka consumer would have got it. The value must be JSON or null.
    pub fn to_kafka(&self) -> anyhow::Result<crate::produce::Record> {
        anyhow::ensure!(self.value_encoding.is_none(), "the value is not JSON: {self:?}");
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            let name = String::from_utf8(name.bytes()?)?;
            headers.push((name, value.as_ref().map(Text::bytes).transpose()?));
        }
        Ok(crate::produce::Record {
            partition: self.partition,
            offset: self.offset,
            timestamp: self.timestamp_ms()?,
            key: self.key_bytes()?,
            value: self.value_text().map(|text| text.as_bytes().to_vec()),
            headers,
        })
    }

    /// Partition and offset.
    pub fn position(&self) -> (i32, i64) {
        (self.partition, self.offset)
    }

    /// The value's text; `None` is a tombstone.
    pub fn value_text(&self) -> Option<&str> {
        self.value.as_deref().map(RawValue::get).filter(|text| *text != "null")
    }

    /// The value as JSON.
    pub fn value_json(&self) -> anyhow::Result<serde_json::Value> {
        Ok(self.value_text().map_or(Ok(serde_json::Value::Null), serde_json::from_str)?)
    }
}

impl Event {
    /// Whether it carries a record, and is not something that the server says about the stream.
    pub fn is_record(&self) -> bool {
        self.kind == "message"
    }

    /// The data as a record; the gateway's envelope and nothing else.
    pub fn record(&self) -> anyhow::Result<Record> {
        serde_json::from_str(&self.data).with_context(|| format!("not a record: {}", self.data))
    }
}

fn percent(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
