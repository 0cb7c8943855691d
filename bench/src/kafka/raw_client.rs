//! A client that does as little as possible: blocking socket, one Fetch outstanding, records left
//! undecoded. What it shows is what stands before it, not itself.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::{
    FetchRequest, RequestHeader, ResponseHeader, SaslAuthenticateRequest, SaslHandshakeRequest,
};
use kafka_protocol::protocol::{
    Decodable, HeaderVersion, Request, StrBytes, encode_request_header_into_buffer,
};
use tests::kafka::wire;

/// The Fetch version spoken: topics by name, every length four bytes.
const FETCH_VERSION: i16 = 11;
/// Where, in an answer of one topic and one partition, the records' length stands: after
/// correlation id, throttle time, error, session, counts, partition, error, watermarks and read
/// replica, and without the topic's name and aborted transactions.
const RECORDS_AT: usize = 4 + 4 + 2 + 4 + 4 + 2 + 4 + 4 + 2 + 8 + 8 + 8 + 4 + 4;
/// How long an answer may take.
const ANSWER_WAIT: Duration = Duration::from_secs(30);
/// Larger answers are an error of the server.
const ANSWER_BYTES_MAX: usize = 128 * 1024 * 1024;

/// A connection.
pub struct RawClient {
    socket: TcpStream,
    answer: Vec<u8>,
}

/// What a Fetch asks for.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// Most bytes, beside a first batch that is larger.
    pub bytes_max: i32,
    /// How long it may be held, in milliseconds.
    pub wait_ms: i32,
}

/// What came.
#[derive(Clone, Copy, Debug)]
pub struct Fetched {
    /// Bytes of the whole answer.
    pub bytes: usize,
    /// The offset after the last batch, or the one asked for.
    pub next: i64,
}

impl RawClient {
    /// Connects and, where there is a login, logs in with SASL PLAIN.
    ///
    /// # Errors
    /// When it is not let in.
    pub fn connect(address: &str, login: Option<(&str, &str)>) -> Result<Self> {
        let socket = TcpStream::connect(address).with_context(|| address.to_owned())?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(ANSWER_WAIT))?;
        let mut client = Self { socket, answer: Vec::new() };
        if let Some((user, password)) = login {
            let mechanism = StrBytes::from_static_str("PLAIN");
            let handshake = SaslHandshakeRequest::default().with_mechanism(mechanism);
            ensure!(client.call(&handshake, 1)?.error_code == 0, "no handshake");
            let token = Bytes::from(format!("\0{user}\0{password}"));
            let authenticate = SaslAuthenticateRequest::default().with_auth_bytes(token);
            ensure!(client.call(&authenticate, 2)?.error_code == 0, "not let in");
        }
        Ok(client)
    }

    /// Sends a request and decodes its answer.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn call<R: Request>(&mut self, request: &R, version: i16) -> Result<R::Response> {
        self.socket.write_all(&frame(request, version, 0)?)?;
        let mut answer = Bytes::copy_from_slice(self.receive()?);
        ResponseHeader::decode(&mut answer, R::Response::header_version(version))?;
        R::Response::decode(&mut answer, version)
    }

    /// Fetches from one partition.
    ///
    /// # Errors
    /// When the connection fails, or the answer holds an error.
    pub fn fetch(&mut self, ask: &Ask<'_>) -> Result<Fetched> {
        self.socket.write_all(&fetch_frame(ask)?)?;
        let bytes = self.receive()?.len();
        let at = RECORDS_AT + ask.topic.len();
        let code = self.answer.get(at - 34..at - 32).unwrap_or(&[1, 1]);
        ensure!(code == [0, 0], "a Fetch is answered with error {code:?}");
        let records = self.answer.get(at + 4..).unwrap_or_default();
        Ok(Fetched { bytes, next: end(records).unwrap_or(ask.offset) })
    }

    /// The connection's two ends of work, for a sender and a receiver that do not wait for each
    /// other.
    ///
    /// # Errors
    /// When the socket cannot be shared.
    pub fn split(self) -> Result<(TcpStream, Self)> {
        Ok((self.socket.try_clone()?, self))
    }

    /// The next answer, without its length.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn receive(&mut self) -> Result<&[u8]> {
        let mut length = [0; 4];
        self.socket.read_exact(&mut length).context("no answer")?;
        let length = usize::try_from(i32::from_be_bytes(length)).context("a negative length")?;
        ensure!(length <= ANSWER_BYTES_MAX, "an answer of {length} bytes");
        if self.answer.len() < length {
            self.answer.resize(length, 0);
        }
        let answer = self.answer.get_mut(..length).context("no room")?;
        self.socket.read_exact(answer)?;
        Ok(answer)
    }
}

/// A request with its length before it.
///
/// # Errors
/// When it has no such form.
pub fn frame<R: Request>(request: &R, version: i16, correlation_id: i32) -> Result<Vec<u8>> {
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_correlation_id(correlation_id)
        .with_client_id(Some(StrBytes::from_static_str("bench")));
    let mut body = BytesMut::new();
    encode_request_header_into_buffer(&mut body, &header)?;
    request.encode(&mut body, version)?;
    let mut frame = i32::try_from(body.len())?.to_be_bytes().to_vec();
    frame.extend_from_slice(&body);
    Ok(frame)
}

fn fetch_frame(ask: &Ask<'_>) -> Result<Vec<u8>> {
    let partition = FetchPartition::default()
        .with_partition(ask.partition)
        .with_fetch_offset(ask.offset)
        .with_partition_max_bytes(ask.bytes_max);
    let topic = FetchTopic::default()
        .with_topic(wire::topic_name(ask.topic))
        .with_partitions(vec![partition]);
    let request = FetchRequest::default()
        .with_max_wait_ms(ask.wait_ms)
        .with_min_bytes(1)
        .with_max_bytes(ask.bytes_max)
        .with_topics(vec![topic]);
    frame(&request, FETCH_VERSION, 0)
}

/// The offset after the last whole batch.
fn end(mut records: &[u8]) -> Option<i64> {
    let number = |bytes: &[u8], at: usize| -> Option<i32> {
        Some(i32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
    };
    let mut next = None;
    while let Some(length) = number(records, 8) {
        let size = usize::try_from(length).ok()? + 12;
        let Some(batch) = records.get(..size) else { break };
        let base = i64::from_be_bytes(batch.get(..8)?.try_into().ok()?);
        next = Some(base + i64::from(number(batch, 23)?) + 1);
        records = records.get(size..)?;
    }
    next
}
