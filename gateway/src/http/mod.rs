//! The HTTP doors. One function opens a stream for both ways in: the writer of our own for plain
//! HTTP/1.1, and hyper for everything else, so that both decide and answer alike.

mod coding;
pub mod format;
mod open;
mod origin;
mod problem;
mod query;
mod route;
mod sse;
mod stream;
mod tickets;
mod websocket;

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::ext::Protocol;

use crate::authn::Caller;
use crate::signal;

pub use open::{Answer, Door};
pub use problem::{Kind, Problem, kind};
pub use route::{Head as RequestHead, is_events_path};
pub use stream::{Chunk, Connection, Cut, End, Outgoing, Silent, Stream, write_stream};
pub use websocket::{
    Client as WebSocketClient, Handshake, Hears, Several, frame as websocket_frame,
    head as websocket_head,
};

/// An error of a body that is being sent.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// The body of an answer.
pub type BoxBody = http_body_util::combinators::UnsyncBoxBody<Bytes, BodyError>;

/// A handler's answer, on its way.
pub type Answering = Pin<Box<dyn Future<Output = Response<BoxBody>> + Send>>;

/// Answers what the data plane does not know: the REST API, mounted by the binary. Where a request
/// came from is among its extensions, as a `SocketAddr`.
pub type AdminHandler = Arc<dyn Fn(Request<Incoming>) -> Answering + Send + Sync>;

/// A body that is all there.
pub fn full(bytes: Bytes) -> BoxBody {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// Answers a request that came through hyper, on the connection that `cut` watches and that was
/// opened as `caller` says.
pub async fn answer(
    door: &Arc<Door>,
    admin: Option<&AdminHandler>,
    cut: &Arc<Cut>,
    caller: Caller<'_>,
    request: Request<Incoming>,
) -> Response<BoxBody> {
    if let Some(protocol) = request.extensions().get::<Protocol>() {
        let is_websocket = protocol.as_str() == "websocket";
        return connect(door, cut, caller, (request, is_websocket)).await;
    }
    if !has_its_host(&request) {
        let problem = Problem::new(kind::MALFORMED_REQUEST, "Send exactly one Host header.");
        return refuse(door, &request, problem);
    }
    let head = RequestHead::new(request.method(), request.uri(), request.headers());
    match door.open(&head, caller).await {
        Ok(Answer::Stream(events, head)) => {
            let (mut parts, ()) = head.into_parts();
            // Hyper frames the body itself; its connections may be used again.
            parts.headers.remove(http::header::CONNECTION);
            Response::from_parts(parts, stream::StreamBody::new(*events, cut).boxed_unsync())
        }
        Ok(Answer::WebSocket(..) | Answer::Several(..)) => {
            let detail = "Ask for a WebSocket with a plain HTTP/1.1 request, and send nothing \
                          before the answer; over HTTP/2, with CONNECT (RFC 8441).";
            refuse(door, &request, Problem::new(kind::MALFORMED_REQUEST, detail))
        }
        Ok(Answer::Head(head)) => head.map(|()| full(Bytes::new())),
        Ok(Answer::Ticket) => match door.ticket(request, caller).await {
            Ok(response) => response.map(full),
            Err(problem) => door.refuse(problem).map(full),
        },
        Ok(Answer::Elsewhere) => match admin {
            Some(admin) => admin(request).await,
            None => door.refuse(Problem::not_found()).map(full),
        },
        Err(problem) => refuse(door, &request, problem),
    }
}

/// Answers a request for a tunnel through HTTP/2 (RFC 8441): there are tunnels for WebSockets.
async fn connect(
    door: &Arc<Door>,
    cut: &Arc<Cut>,
    caller: Caller<'_>,
    (mut request, is_websocket): (Request<Incoming>, bool),
) -> Response<BoxBody> {
    if !is_websocket {
        let detail = "Connect with the `:protocol` websocket, or ask without CONNECT.";
        return refuse(door, &request, Problem::new(kind::PROTOCOL_NOT_OFFERED, detail));
    }
    let upgrade = hyper::upgrade::on(&mut request);
    let head = RequestHead::connect(request.uri(), request.headers());
    match door.open(&head, caller).await {
        Ok(Answer::WebSocket(stream, head)) => {
            tokio::spawn(websocket::carry(upgrade, stream, Arc::clone(cut)));
            head.map(|()| full(Bytes::new()))
        }
        Ok(Answer::Several(several, head)) => {
            tokio::spawn(websocket::carry(upgrade, several, Arc::clone(cut)));
            head.map(|()| full(Bytes::new()))
        }
        Ok(_) => refuse(door, &request, Problem::not_found()),
        Err(problem) => refuse(door, &request, problem),
    }
}

/// RFC 9112 3.2: HTTP/1.1 has exactly one Host.
fn has_its_host(request: &Request<Incoming>) -> bool {
    let count = request.headers().get_all(http::header::HOST).iter().count();
    request.version() != http::Version::HTTP_11 || count == 1
}

fn refuse(door: &Door, request: &Request<Incoming>, problem: Problem) -> Response<BoxBody> {
    // What follows a request that is not clear is not to be trusted either.
    let closing =
        request.version() == http::Version::HTTP_11 && problem.kind() == kind::MALFORMED_REQUEST;
    let mut response = door.refuse(problem).map(full);
    if closing {
        let close = http::HeaderValue::from_static("close");
        response.headers_mut().insert(http::header::CONNECTION, close);
    }
    response
}
