//! The HTTP doors. One function opens a stream for both ways in: the writer of our own for plain
//! HTTP/1.1, and hyper for everything else, so that both decide and answer alike.

pub mod format;
mod open;
mod problem;
mod query;
mod route;
mod signal;
mod sse;

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;

pub use open::{Answer, Door};
pub use problem::{Kind, Problem, kind};
pub use route::is_events_path;
pub use signal::{Phase, Signal};
pub use sse::{Connection, Stream, head as stream_head, write_stream};

/// An error of a body that is being sent.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// The body of an answer.
pub type BoxBody = http_body_util::combinators::UnsyncBoxBody<Bytes, BodyError>;

/// A handler's answer, on its way.
pub type Answering = Pin<Box<dyn Future<Output = Response<BoxBody>> + Send>>;

/// Answers what the data plane does not know: the REST API, mounted by the binary.
pub type AdminHandler = Arc<dyn Fn(Request<Incoming>) -> Answering + Send + Sync>;

/// A body that is all there.
pub fn full(bytes: Bytes) -> BoxBody {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// Answers a request that came through hyper.
pub async fn answer(
    door: &Door,
    admin: Option<&AdminHandler>,
    request: Request<Incoming>,
) -> Response<BoxBody> {
    match door
        .open(request.method(), request.uri(), request.headers())
        .await
    {
        Ok(Answer::Stream(stream)) => {
            let (mut parts, ()) = sse::head().into_parts();
            // Hyper frames the body itself; its connections may be used again.
            parts.headers.remove(http::header::CONNECTION);
            Response::from_parts(parts, sse::StreamBody::new(*stream).boxed_unsync())
        }
        Ok(Answer::Elsewhere) => match admin {
            Some(admin) => admin(request).await,
            None => door.refuse(Problem::not_found()).map(full),
        },
        Err(problem) => door.refuse(problem).map(full),
    }
}
