//! One request to a Kafka broker over plaintext, for what no client library offers: moving leaders,
//! and looking at metadata as a broker gives it.

use std::time::Duration;

use anyhow::Context;
use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{
    RequestHeader, ResponseHeader, SaslAuthenticateRequest, SaslHandshakeRequest, TopicName,
};
use kafka_protocol::protocol::{
    Decodable, HeaderVersion, Request, StrBytes, encode_request_header_into_buffer,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
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
    call_over(&mut TcpStream::connect(address).await?, request, version).await
}

/// Sends one request over a connection that exists (TLS, say) and reads the answer.
pub async fn call_over<R: Request, S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut S,
    request: &R,
    version: i16,
) -> anyhow::Result<R::Response> {
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_client_id(Some(StrBytes::from_static_str("sluicegate-tests")));
    let mut body = BytesMut::new();
    encode_request_header_into_buffer(&mut body, &header)?;
    request.encode(&mut body, version)?;
    socket.write_i32(i32::try_from(body.len())?).await?;
    socket.write_all(&body).await?;
    socket.flush().await?;
    let length = usize::try_from(socket.read_i32().await?).context("a negative length")?;
    anyhow::ensure!(length <= ANSWER_BYTES_MAX, "an answer of {length} bytes");
    let mut answer = vec![0; length];
    socket.read_exact(&mut answer).await?;
    let mut answer = Bytes::from(answer);
    ResponseHeader::decode(&mut answer, R::Response::header_version(version))?;
    R::Response::decode(&mut answer, version)
}

/// Logs in with SASL PLAIN; answers whether the broker let us in.
pub async fn log_in<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut S,
    user: &str,
    password: &str,
) -> anyhow::Result<bool> {
    let mechanism = StrBytes::from_static_str("PLAIN");
    let handshake = SaslHandshakeRequest::default().with_mechanism(mechanism);
    let answer = call_over(socket, &handshake, 1).await?;
    anyhow::ensure!(answer.error_code == 0, "the handshake is refused: {}", answer.error_code);
    let token = Bytes::from(format!("\0{user}\0{password}"));
    let authenticate = SaslAuthenticateRequest::default().with_auth_bytes(token);
    Ok(call_over(socket, &authenticate, 2).await?.error_code == 0)
}

/// A topic's name as messages carry it.
pub fn topic_name(topic: &str) -> TopicName {
    TopicName(StrBytes::from_string(topic.to_owned()))
}
