//! One connection: TLS if asked for, the request's head, and the way in.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Method, Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::Serving;
use super::head::{self, HEAD_BYTES_MAX, HEADERS_MAX, Way};
use super::rewind::Rewind;
use crate::authn::{Caller, ClientCertificate};
use crate::http::{
    self as doors, Answer, Connection, Cut, Door, Problem, RequestHead, Several, Stream,
};
use crate::reader::Reader;
use crate::signal::Phase;

/// How long a TLS handshake may take.
const TLS_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a request's head may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an answer without a stream may take to be written.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// HTTP/2 streams at once on one connection.
const H2_STREAMS_MAX: u32 = 100;

/// HTTP/2 flow-control windows, in bytes: one stream's, the connection's.
const H2_WINDOWS: (u32, u32) = (64 * 1024, 1024 * 1024);

/// What may wait of one HTTP/2 stream for a connection that does not take it, in bytes.
const H2_UNSENT_BYTES_MAX: usize = 64 * 1024;

/// What all connections of a listener share.
pub struct Shared {
    serving: Serving,
    hyper: auto::Builder<TokioExecutor>,
}

impl Shared {
    pub(super) fn new(serving: Serving) -> Self {
        let mut hyper = auto::Builder::new(TokioExecutor::new());
        hyper
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(HEAD_BYTES_MAX)
            .max_headers(HEADERS_MAX);
        hyper
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(H2_STREAMS_MAX)
            .initial_stream_window_size(H2_WINDOWS.0)
            .initial_connection_window_size(H2_WINDOWS.1)
            .max_send_buf_size(H2_UNSENT_BYTES_MAX)
            .enable_connect_protocol()
            .max_header_list_size(HEAD_BYTES_MAX as u32);
        Self { serving, hyper }
    }
}

/// Serves one connection to its end. What lasts as long as an idle stream is only what the stream
/// writer needs: everything before and beside it lives in boxes that are dropped, or never made.
pub async fn serve(stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>) {
    match &shared.serving.tls {
        None => serve_http(stream, &shared, (peer, None)).await,
        Some(source) => {
            let acceptor = TlsAcceptor::from(source.load_full());
            Box::pin(serve_tls(stream, peer, acceptor, &shared)).await;
        }
    }
}

/// Who is at the other end: where from, and with which certificate.
type From = (SocketAddr, Option<Arc<ClientCertificate>>);

async fn serve_tls(
    stream: TcpStream,
    peer: SocketAddr,
    acceptor: TlsAcceptor,
    shared: &Arc<Shared>,
) {
    let handshake = Box::pin(tokio::time::timeout(TLS_TIMEOUT, acceptor.accept(stream)));
    if let Ok(Ok(stream)) = handshake.await {
        let chain = stream.get_ref().1.peer_certificates();
        let certificate = chain.and_then(|chain| ClientCertificate::read(chain.first()?));
        serve_http(stream, shared, (peer, certificate.map(Arc::new))).await;
    }
}

/// How a connection goes on after its first request's head; the answer's head as it is written,
/// since what this holds lasts as long as the stream.
enum Begun {
    /// The stream.
    Stream(Box<Stream<Reader>>, Vec<u8>),
    /// The stream, on a WebSocket.
    WebSocket(Box<Stream<Reader>>, Vec<u8>),
    /// Several streams, on a WebSocket.
    Several(Box<Several<Reader>>, Vec<u8>),
    /// No stream, and why as a whole answer.
    Refused(Vec<u8>),
    /// Hyper's, with what was read.
    Hyper(BytesMut),
    /// Nothing more to do.
    Gone,
}

async fn serve_http(
    mut connection: impl Connection + 'static,
    shared: &Arc<Shared>,
    (peer, certificate): From,
) {
    let caller = Caller { peer: Some(peer.ip()), certificate: certificate.as_deref() };
    match Box::pin(begin(&mut connection, &shared.serving.door, caller)).await {
        Begun::Stream(stream, head) => {
            drop(certificate);
            doors::write_stream(connection, stream, head, Box::new(doors::Silent)).await;
        }
        Begun::WebSocket(stream, head) => {
            drop(certificate);
            let client = Box::<doors::WebSocketClient>::default();
            doors::write_stream(connection, stream, head, client).await;
        }
        Begun::Several(several, head) => {
            drop(certificate);
            let client = Box::<doors::WebSocketClient>::default();
            doors::write_stream(connection, several, head, client).await;
        }
        Begun::Refused(answer) => {
            let written = tokio::time::timeout(ANSWER_TIMEOUT, async {
                connection.write_all(&answer).await?;
                connection.shutdown().await
            });
            // A client that does not take its answer loses it.
            let _ = Box::pin(written).await;
        }
        Begun::Hyper(front) => {
            let from = (peer, certificate);
            Box::pin(serve_hyper(connection, Arc::clone(shared), front, from)).await;
        }
        Begun::Gone => {}
    }
}

async fn begin(connection: &mut impl Connection, door: &Arc<Door>, caller: Caller<'_>) -> Begun {
    match tokio::time::timeout(HEAD_TIMEOUT, head::read(connection)).await {
        Ok(Some(Way::Stream { uri, headers })) => {
            match door.open(&RequestHead::new(&Method::GET, &uri, &headers), caller).await {
                Ok(Answer::Stream(stream, head)) => Begun::Stream(stream, write_head(&head)),
                Ok(Answer::WebSocket(stream, head)) => Begun::WebSocket(stream, write_head(&head)),
                Ok(Answer::Several(several, head)) => Begun::Several(several, write_head(&head)),
                // Only the plainest requests for streams come this way.
                Ok(Answer::Head(_) | Answer::Ticket | Answer::Elsewhere) => Begun::Gone,
                Err(problem) => Begun::Refused(refusal(door, problem)),
            }
        }
        Ok(Some(Way::Hyper(front))) => Begun::Hyper(front),
        Ok(None) | Err(_) => Begun::Gone,
    }
}

async fn serve_hyper(
    connection: impl Connection + 'static,
    shared: Arc<Shared>,
    front: BytesMut,
    (peer, certificate): From,
) {
    let serving = Arc::clone(&shared);
    let cut = Arc::new(Cut::default());
    let watched = Arc::clone(&cut);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let (shared, cut) = (Arc::clone(&serving), Arc::clone(&watched));
        let certificate = certificate.clone();
        async move {
            let Serving { door, admin, .. } = &shared.serving;
            let certificate = certificate.as_deref();
            let caller = Caller { peer: Some(peer.ip()), certificate };
            let answer = doors::answer(door, admin.as_ref(), &cut, caller, request);
            Ok::<_, Infallible>(answer.await)
        }
    });
    let rewind = Rewind::new(front.freeze(), connection, Arc::clone(cut.blocked()));
    let resetting = rewind.resetting();
    let signal = shared.serving.door.signal();
    let mut serving = Box::pin(shared.hyper.serve_connection(TokioIo::new(rewind), service));
    // Whoever does not read cannot hold on to what it may not have.
    let mut due = std::pin::pin!(cut.due(signal));
    let reset = tokio::select! {
        // Otherwise it does not matter how the client left.
        left = serving.as_mut() => Some(left.is_err() && cut.is_broken()),
        () = due.as_mut() => Some(true),
        () = signal.reached(Phase::Draining) => None,
    };
    let reset = match reset {
        Some(reset) => reset,
        None => {
            serving.as_mut().graceful_shutdown();
            tokio::select! {
                left = serving.as_mut() => left.is_err() && cut.is_broken(),
                () = due => true,
                () = signal.reached(Phase::Stopping) => true,
            }
        }
    };
    // The connection goes with `serving`.
    resetting.store(reset, Ordering::Release);
}

fn refusal(door: &Door, problem: Problem) -> Vec<u8> {
    let mut response = door.refuse(problem);
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(http::header::CONNECTION, close);
    whole(&response)
}

fn whole(response: &Response<Bytes>) -> Vec<u8> {
    let mut out = write_head(response);
    let end = out.len().saturating_sub(2);
    out.truncate(end);
    out.extend_from_slice(format!("content-length: {}\r\n\r\n", response.body().len()).as_bytes());
    out.extend_from_slice(response.body());
    out
}

/// A response's head as HTTP/1.1 writes it, with its empty line.
fn write_head<B>(response: &Response<B>) -> Vec<u8> {
    let status = response.status();
    let reason = status.canonical_reason().unwrap_or_default();
    let mut out = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
    for (name, value) in response.headers() {
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out
}
