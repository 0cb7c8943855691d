//! One request to a Kafka broker over plaintext, for what no client library offers: moving leaders,
//! and looking at metadata as a broker gives it.

use std::time::Duration;

use anyhow::Context;
use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{RequestHeader, ResponseHeader, TopicName};
use kafka_protocol::protocol::{
    Decodable, HeaderVersion, Request, StrBytes, encode_request_header_into_buffer,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long one answer may take.
const CALL_LIMIT: Duration = Duration::from_secs(20);
/// Larger answers are an error of the test.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Sends one request on a connection of its own and reads the answer.
pub async fn call<R: Request>(
    address: &str,
    request: &R,
    version: i16,
) -> anyhow::Result<R::Response> {
    let exchange = exchange(address, request, version);
    crate::expect::within(CALL_LIMIT, "a broker's answer", exchange).await?
}

async fn exchange<R: Request>(
    address: &str,
    request: &R,
    version: i16,
) -> anyhow::Result<R::Response> {
    let mut socket = TcpStream::connect(address).await?;
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_client_id(Some(StrBytes::from_static_str("sluicegate-tests")));
    let mut body = BytesMut::new();
    encode_request_header_into_buffer(&mut body, &header)?;
    request.encode(&mut body, version)?;
    socket.write_i32(i32::try_from(body.len())?).await?;
    socket.write_all(&body).await?;
    let length = usize::try_from(socket.read_i32().await?).context("a negative length")?;
    anyhow::ensure!(length <= ANSWER_BYTES_MAX, "an answer of {length} bytes");
    let mut answer = vec![0; length];
    socket.read_exact(&mut answer).await?;
    let mut answer = Bytes::from(answer);
    ResponseHeader::decode(&mut answer, R::Response::header_version(version))?;
    R::Response::decode(&mut answer, version)
}

/// A topic's name as messages carry it.
pub fn topic_name(topic: &str) -> TopicName {
    TopicName(StrBytes::from_string(topic.to_owned()))
}
