//! One connection: frames in, one request at a time, frames out. One more frame is read ahead, so
//! that a client that closes is noticed while its request waits.

mod guard;
mod login;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gateway::wire::frame;
use kafka_protocol::messages::{ApiKey, RequestHeader, RequestKind, ResponseHeader, ResponseKind};
use kafka_protocol::protocol::{Encodable, decode_request_header_from_buffer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::api::{self, Answer, Asker};
use crate::intercept::{Arrived, First, Plan};
use crate::limits::{
    FRAMES_AHEAD_MAX, HANDSHAKE_TIMEOUT, IDLE_MAX, REQUEST_BYTES_MAX, WRITE_TIMEOUT,
};
use crate::state::Shared;
use login::Login;

/// Bytes of a header up to the correlation id.
const HEADER_BYTES_MIN: usize = 8;

/// Why a connection ends: whatever it was, the client sees that it is closed.
struct Ended;

/// Serves one connection until it ends.
pub(crate) async fn run(shared: Arc<Shared>, socket: TcpStream, number: u64) {
    let host = socket.peer_addr().map(|address| address.ip().to_string()).unwrap_or_default();
    // Without it answers only come later.
    let _ = socket.set_nodelay(true);
    match &shared.tls {
        None => converse(&shared, socket, (number, host)).await,
        Some(acceptor) => {
            if let Ok(Ok(socket)) = timeout(HANDSHAKE_TIMEOUT, acceptor.accept(socket)).await {
                converse(&shared, socket, (number, host)).await;
            }
        }
    }
}

async fn converse<S: AsyncRead + AsyncWrite>(
    shared: &Shared,
    socket: S,
    (number, host): (u64, String),
) {
    let (reader, writer) = tokio::io::split(socket);
    let (frames_out, frames) = mpsc::channel(FRAMES_AHEAD_MAX);
    let (gone_out, gone) = watch::channel(false);
    let login = Login::new(shared);
    let mut session = Session { shared, writer, frames, gone, number, host, login };
    tokio::select! {
        () = read(reader, frames_out, gone_out) => {}
        () = session.run() => {}
    }
}

/// Reads frames until the client closes; what it sent before is still answered.
async fn read(
    mut reader: impl AsyncRead + Unpin,
    frames: mpsc::Sender<Bytes>,
    gone: watch::Sender<bool>,
) {
    while let Some(frame) = read_frame(&mut reader).await {
        if frames.send(frame).await.is_err() {
            break;
        }
    }
    drop(frames);
    let _ = gone.send(true);
    std::future::pending::<()>().await;
}

async fn read_frame(reader: &mut (impl AsyncRead + Unpin)) -> Option<Bytes> {
    let mut prefix = [0; frame::PREFIX_BYTES];
    reader.read_exact(&mut prefix).await.ok()?;
    let length = frame::length(prefix, REQUEST_BYTES_MAX).ok()?;
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes).await.ok()?;
    Some(bytes.into())
}

struct Session<'a, W> {
    shared: &'a Shared,
    writer: W,
    frames: mpsc::Receiver<Bytes>,
    gone: watch::Receiver<bool>,
    number: u64,
    host: String,
    login: Login,
}

impl<W: AsyncWrite + Unpin> Session<'_, W> {
    async fn run(&mut self) {
        while let Ok(Some(frame)) = timeout(IDLE_MAX, self.frames.recv()).await {
            if self.exchange(frame).await.is_err() {
                return;
            }
        }
    }

    /// Answers one request.
    async fn exchange(&mut self, mut frame: Bytes) -> Result<(), Ended> {
        if frame.len() < HEADER_BYTES_MIN {
            return Err(Ended);
        }
        let header = decode_request_header_from_buffer(&mut frame).map_err(|_| Ended)?;
        let api = ApiKey::try_from(header.request_api_key).map_err(|()| Ended)?;
        let request = guard::decode(api, header.request_api_version, frame);
        let mut plan = self.plan(&header, api, request.as_ref());
        let answer = match std::mem::take(&mut plan.first) {
            First::Close => return Err(Ended),
            First::Hold => return self.hold().await,
            First::Refuse(code) => api::refused(request.as_ref().ok_or(Ended)?, code),
            First::Delay(delay) => {
                tokio::time::sleep(delay).await;
                self.answer(&header, api, request).await?
            }
            First::Answer => self.answer(&header, api, request).await?,
        };
        match answer {
            Answer::Nothing => Ok(()),
            Answer::Close => Err(Ended),
            Answer::Say(body) => self.say(&header, api, (body, plan)).await,
        }
    }

    fn plan(&self, header: &RequestHeader, api: ApiKey, request: Option<&RequestKind>) -> Plan {
        let arrived = Arrived { connection: self.number, header, api, request };
        let interceptor = self.shared.interceptor.as_ref();
        interceptor.map(|interceptor| interceptor.meet(&arrived)).unwrap_or_default()
    }

    async fn answer(
        &mut self,
        header: &RequestHeader,
        api: ApiKey,
        request: Option<RequestKind>,
    ) -> Result<Answer, Ended> {
        if api == ApiKey::ApiVersions {
            return Ok(Answer::say(api::versions(header.request_api_version)));
        }
        let request = request.ok_or(Ended)?;
        let request = match self.login.take(self.shared, request) {
            login::Taken::Answered(answer) => return Ok(Answer::say(answer)),
            login::Taken::Refused => return Err(Ended),
            login::Taken::Passed(request) => request,
        };
        let client_id = header.client_id.as_ref().map_or("", |id| id.as_str());
        let asker = Asker {
            version: header.request_api_version,
            client_id: client_id.to_owned(),
            host: self.host.clone(),
        };
        let gone = &mut self.gone;
        tokio::select! {
            // What needs no waiting is done, whether the client is still there or not.
            biased;
            answer = api::answer(self.shared, &asker, request) => Ok(answer),
            _ = gone.wait_for(|gone| *gone) => Err(Ended),
        }
    }

    /// Reads on and answers nothing, until the client closes.
    async fn hold(&mut self) -> Result<(), Ended> {
        while self.frames.recv().await.is_some() {}
        Err(Ended)
    }

    async fn say(
        &mut self,
        header: &RequestHeader,
        api: ApiKey,
        (answer, plan): (Box<ResponseKind>, Plan),
    ) -> Result<(), Ended> {
        let asked = header.request_api_version;
        // ApiVersions in a version that nobody knows is answered in version 0 (KIP-511).
        let unknown = api == ApiKey::ApiVersions && !api::serves(api, asked);
        let version = if unknown { 0 } else { asked };
        let mut head = BytesMut::new();
        let correlation = ResponseHeader::default().with_correlation_id(header.correlation_id);
        let head_version = api.response_header_version(version);
        correlation.encode(&mut head, head_version).map_err(|_| Ended)?;
        let mut body = BytesMut::new();
        answer.encode(&mut body, version).map_err(|_| Ended)?;
        let mut body = Vec::from(body);
        if let Some(edit) = plan.body {
            edit(&mut body);
        }
        let length = i32::try_from(head.len() + body.len()).map_err(|_| Ended)?;
        let mut frame = [&length.to_be_bytes()[..], &head[..], &body[..]].concat();
        if let Some(edit) = plan.frame {
            edit(&mut frame);
        }
        self.write(&frame, plan.pace).await?;
        if plan.last { Err(Ended) } else { Ok(()) }
    }

    async fn write(&mut self, frame: &[u8], pace: Option<Duration>) -> Result<(), Ended> {
        let piece_bytes = if pace.is_some() { 1 } else { frame.len().max(1) };
        for piece in frame.chunks(piece_bytes) {
            let writer = &mut self.writer;
            let written = async {
                writer.write_all(piece).await?;
                writer.flush().await
            };
            timeout(WRITE_TIMEOUT, written).await.map_err(|_| Ended)?.map_err(|_| Ended)?;
            self.shared.bytes_out.fetch_add(piece.len() as u64, Ordering::AcqRel);
            if let Some(pause) = pace {
                tokio::time::sleep(pause).await;
            }
        }
        Ok(())
    }
}
