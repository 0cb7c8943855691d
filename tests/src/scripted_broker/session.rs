//! One connection of the scripted broker: frames in, the script's act on each, frames out.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{
    ApiKey, FetchRequest, RequestHeader, ResponseHeader, SaslAuthenticateRequest,
    SaslAuthenticateResponse, SaslHandshakeRequest, SaslHandshakeResponse,
};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes, decode_request_header_from_buffer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use super::answer::{self, Answered};
use super::log::code;
use super::script::Act;
use super::{FetchAsk, Seen, Shared};

/// Larger requests are an error of the client.
const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Requests kept; a test that asks more often looks at counts of its own.
const SEEN_MAX: usize = 100_000;

/// Serves one connection until it ends or the script ends it.
pub(super) async fn run(shared: Arc<Shared>, socket: TcpStream, number: u64) {
    // A test sees what its client makes of it: errors of one connection are nobody else's.
    let _ = serve(&shared, socket, number).await;
}

async fn serve(shared: &Shared, socket: TcpStream, number: u64) -> anyhow::Result<()> {
    socket.set_nodelay(true)?;
    match &shared.tls {
        None => Session { shared, socket, number, login: Login::new(shared) }.run().await,
        Some(acceptor) => {
            let socket = acceptor.accept(socket).await?;
            Session { shared, socket, number, login: Login::new(shared) }.run().await
        }
    }
}

/// How far the client's login is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Login {
    Needed,
    Mechanism,
    Done,
}

impl Login {
    fn new(shared: &Shared) -> Login {
        if shared.sasl.is_some() { Login::Needed } else { Login::Done }
    }
}

struct Session<'a, S> {
    shared: &'a Shared,
    socket: S,
    number: u64,
    login: Login,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<'_, S> {
    async fn run(mut self) -> anyhow::Result<()> {
        loop {
            let length = usize::try_from(self.socket.read_i32().await?)?;
            anyhow::ensure!(length <= REQUEST_BYTES_MAX, "a request of {length} bytes");
            let mut frame = vec![0; length];
            self.socket.read_exact(&mut frame).await?;
            let mut body = Bytes::from(frame);
            anyhow::ensure!(body.len() >= 8, "a request without a header");
            let header = decode_request_header_from_buffer(&mut body)?;
            let api =
                ApiKey::try_from(header.request_api_key).ok().context("an unknown API key")?;
            self.write_down(&header, api, &body);
            if !self.answer(&header, api, body).await? {
                return Ok(());
            }
        }
    }

    /// Answers one request; `false` ends the connection.
    async fn answer(
        &mut self,
        header: &RequestHeader,
        api: ApiKey,
        body: Bytes,
    ) -> anyhow::Result<bool> {
        let act = self.shared.script.lock().next(api);
        match &act {
            Some(Act::Close) => return Ok(false),
            Some(Act::Hold) => return self.hold().await,
            Some(Act::Delay(delay)) => tokio::time::sleep(*delay).await,
            _ => {}
        }
        let error = match &act {
            Some(Act::Error(error)) => Some(*error),
            _ => None,
        };
        let version = header.request_api_version;
        let answered = match api {
            ApiKey::SaslHandshake | ApiKey::SaslAuthenticate => {
                self.log_in(api, version, body, error)?
            }
            ApiKey::ApiVersions => answer::api_versions(version, error)?,
            _ if self.login != Login::Done => return Ok(false),
            _ => answer::to(self.shared, api, version, body, error).await?,
        };
        self.write(header, api, answered, act).await
    }

    /// Reads on and answers nothing, until the client closes.
    async fn hold(&mut self) -> anyhow::Result<bool> {
        let mut sink = [0; 4096];
        while self.socket.read(&mut sink).await? > 0 {}
        Ok(false)
    }

    async fn write(
        &mut self,
        header: &RequestHeader,
        api: ApiKey,
        answered: Answered,
        act: Option<Act>,
    ) -> anyhow::Result<bool> {
        let Answered { mut body, version } = answered;
        let mut correlation = header.correlation_id;
        match &act {
            Some(Act::Body(other)) => body.clone_from(other),
            Some(Act::Edit(edit)) => edit(&mut body),
            Some(Act::Correlation(other)) => correlation = *other,
            _ => {}
        }
        let mut payload = BytesMut::new();
        ResponseHeader::default()
            .with_correlation_id(correlation)
            .encode(&mut payload, api.response_header_version(version))?;
        payload.extend_from_slice(&body);
        let mut length = i32::try_from(payload.len())?;
        if let Some(Act::Length(lie)) = act {
            length = lie;
        }
        let mut frame = length.to_be_bytes().to_vec();
        frame.extend_from_slice(&payload);
        let pause = if let Some(Act::Drip(pause)) = act { Some(pause) } else { None };
        if let Some(Act::Cut(limit)) = act {
            frame.truncate(limit);
        }
        self.write_frame(&frame, pause).await?;
        Ok(!matches!(act, Some(Act::Cut(_))))
    }

    async fn write_frame(&mut self, frame: &[u8], pause: Option<Duration>) -> anyhow::Result<()> {
        let piece_bytes = if pause.is_some() { 1 } else { frame.len().max(1) };
        for piece in frame.chunks(piece_bytes) {
            self.socket.write_all(piece).await?;
            self.socket.flush().await?;
            self.shared.bytes_out.fetch_add(piece.len() as u64, Ordering::AcqRel);
            if let Some(pause) = pause {
                tokio::time::sleep(pause).await;
            }
        }
        Ok(())
    }

    fn log_in(
        &mut self,
        api: ApiKey,
        version: i16,
        mut body: Bytes,
        error: Option<i16>,
    ) -> anyhow::Result<Answered> {
        if api == ApiKey::SaslHandshake {
            let asked = SaslHandshakeRequest::decode(&mut body, version)?;
            let known = asked.mechanism.as_str() == "PLAIN" && self.shared.sasl.is_some();
            if known && error.is_none() {
                self.login = Login::Mechanism;
            }
            /// UNSUPPORTED_SASL_MECHANISM.
            const UNSUPPORTED: i16 = 33;
            let code = error.unwrap_or(if known { 0 } else { UNSUPPORTED });
            let answer = SaslHandshakeResponse::default()
                .with_error_code(code)
                .with_mechanisms(vec![StrBytes::from_static_str("PLAIN")]);
            return answer::encoded(&answer, version);
        }
        let asked = SaslAuthenticateRequest::decode(&mut body, version)?;
        let expected = self.shared.sasl.as_ref();
        let expected = expected.map(|(user, password)| format!("\0{user}\0{password}"));
        let right = self.login == Login::Mechanism
            && expected.is_some_and(|expected| expected.as_bytes() == asked.auth_bytes);
        let refusal = error.or((!right).then_some(code::SASL_AUTHENTICATION_FAILED));
        let mut answer = SaslAuthenticateResponse::default();
        match refusal {
            None => self.login = Login::Done,
            Some(refusal) => {
                let message = StrBytes::from_static_str("Authentication failed");
                answer = answer.with_error_code(refusal).with_error_message(Some(message));
            }
        }
        answer::encoded(&answer, version)
    }

    fn write_down(&self, header: &RequestHeader, api: ApiKey, body: &Bytes) {
        let version = header.request_api_version;
        let fetches = if api == ApiKey::Fetch {
            FetchRequest::decode(&mut body.clone(), version).map(|asked| asks(&asked))
        } else {
            Ok(Vec::new())
        };
        let mut seen = self.shared.seen.lock();
        if seen.len() < SEEN_MAX {
            seen.push(Seen {
                at: Instant::now(),
                connection: self.number,
                api: header.request_api_key,
                version,
                client_id: header.client_id.as_ref().map(ToString::to_string),
                fetches: fetches.unwrap_or_default(),
            });
        }
    }
}

/// The partitions of a fetch.
pub(super) fn asks(request: &FetchRequest) -> Vec<FetchAsk> {
    let committed = request.isolation_level == 1;
    let topics = request.topics.iter();
    let each = topics.flat_map(|topic| topic.partitions.iter().map(move |asked| (topic, asked)));
    each.map(|(topic, asked)| FetchAsk {
        topic: topic.topic.to_string(),
        partition: asked.partition,
        offset: asked.fetch_offset,
        leader_epoch: asked.current_leader_epoch,
        last_fetched_epoch: asked.last_fetched_epoch,
        bytes_max: asked.partition_max_bytes,
        committed,
    })
    .collect()
}
