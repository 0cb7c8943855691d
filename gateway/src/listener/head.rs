//! Reads a request's head and decides which way in it takes. Only what is beyond doubt a plain
//! HTTP/1.1 stream request is answered by the stream writer; hyper judges everything else.

use bytes::BytesMut;
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Uri};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::http::is_events_path;

/// The longest head, in bytes.
pub const HEAD_BYTES_MAX: usize = 32 * 1024;

/// The most header fields.
pub const HEADERS_MAX: usize = 100;

/// What is read at once: most heads are smaller.
const READ_BYTES: usize = 2 * 1024;

/// The way in.
pub enum Way {
    /// A plain stream request.
    Stream {
        /// The request's target.
        uri: Uri,
        /// Its header fields.
        headers: HeaderMap,
    },
    /// Everything else, with what was read of it.
    Hyper(BytesMut),
}

/// Reads until the way is clear. `None`: the client went away before it said anything.
pub async fn read(connection: &mut (impl AsyncRead + Unpin)) -> Option<Way> {
    let mut buffer = BytesMut::with_capacity(READ_BYTES);
    loop {
        if connection.read_buf(&mut buffer).await.ok()? == 0 {
            return (!buffer.is_empty()).then_some(Way::Hyper(buffer));
        }
        match judge(&buffer) {
            Some(Some((uri, headers))) => return Some(Way::Stream { uri, headers }),
            Some(None) => return Some(Way::Hyper(buffer)),
            None if buffer.len() >= HEAD_BYTES_MAX => return Some(Way::Hyper(buffer)),
            None => {}
        }
    }
}

/// `None`: not all of the head is there. `Some(None)`: not a plain stream request.
fn judge(bytes: &[u8]) -> Option<Option<(Uri, HeaderMap)>> {
    // Cheap and early: whatever does not begin so is not ours, whole or not.
    let expected = b"GET /v1/";
    if !bytes.iter().zip(expected).all(|(byte, expected)| byte == expected) {
        return Some(None);
    }
    let mut fields = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(bytes) {
        Ok(httparse::Status::Partial) => None,
        Ok(httparse::Status::Complete(length)) if length == bytes.len() => Some(plain(&request)),
        // Something follows the head, or it is not HTTP.
        Ok(httparse::Status::Complete(_)) | Err(_) => Some(None),
    }
}

fn plain(request: &httparse::Request<'_, '_>) -> Option<(Uri, HeaderMap)> {
    let is_get = request.method == Some(Method::GET.as_str());
    if !is_get || request.version != Some(1) {
        return None;
    }
    let uri: Uri = request.path?.parse().ok()?;
    let mut headers = HeaderMap::with_capacity(request.headers.len());
    for field in request.headers.iter() {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_bytes(field.value).ok()?);
    }
    let one_host = headers.get_all(header::HOST).iter().count() == 1;
    let doubtful = [
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::EXPECT,
        header::TE,
        header::TRAILER,
    ];
    let upgrades = headers.get_all(header::UPGRADE).iter();
    let mut others = upgrades.filter(|to| !to.as_bytes().eq_ignore_ascii_case(b"websocket"));
    let beyond_doubt = one_host
        && others.next().is_none()
        && uri.scheme().is_none()
        && is_events_path(uri.path())
        && !doubtful.iter().any(|name| headers.contains_key(name));
    beyond_doubt.then_some((uri, headers))
}

#[cfg(test)]
mod tests;
