//! One connection to one broker: frames, headers, correlation ids, version negotiation. One request
//! is in flight at a time. Logging in is done by `login`, who may connect where by `brokers`.

use std::{io::IoSlice, sync::Arc, time::Duration};

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::FutureExt as _;
use kafka_protocol::{
    messages::{ApiVersionsRequest, ApiVersionsResponse, FetchRequest, RequestHeader},
    protocol::{Decodable, Encodable, HeaderVersion, Request, StrBytes},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, timeout},
};

use super::{
    buffers::{Buffers, POOLED_BYTES_MIN},
    codes,
    failure::{Failure, FailureKind},
    transport::Transport,
};
use crate::limits::UPSTREAM_FRAME_BYTES_MAX;
use crate::wire::{
    fetch_answer::{self, FetchAnswer},
    guard::{self, Cursor},
};

/// How long a broker may take to begin an answer, beyond the wait that a request itself asks for.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the rest of an answer may take once it has begun.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a request may take to be written.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer accepted that is no Fetch answer: metadata of 500 topics with 1,000
/// partitions each stays below.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;
/// How much memory an announced frame length is trusted with before the bytes arrive.
const RESERVE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Parts handed to the system in one write; it takes 1,024 at most (`IOV_MAX`).
const PARTS_PER_WRITE_MAX: usize = 256;
/// Most APIs a broker may list.
const API_COUNT_MAX: usize = 1024;
/// How the gateway names itself.
const CLIENT_ID: &str = "sluicegate";

/// A connection to a broker.
pub(super) struct Connection {
    transport: Box<dyn Transport>,
    /// `host:port`, for messages.
    pub(super) address: String,
    apis: Vec<(i16, i16, i16)>,
    correlation_id: i32,
    /// False while a call is under way and after one failed: an answer may be left in the pipe.
    usable: bool,
    /// When to log in again (KIP-368).
    pub(super) renew_at: Option<Instant>,
    /// When the last call ended.
    pub(super) used_at: Instant,
    /// The runtime whose event queue has the socket: tasks of another one are woken by its thread.
    pub(super) runtime: Option<tokio::runtime::Id>,
    /// Where large answers get their memory.
    pub(super) buffers: Arc<Buffers>,
}

impl Connection {
    /// Wraps a fresh transport and asks the broker for its versions.
    pub(super) async fn negotiate(
        transport: Box<dyn Transport>,
        address: String,
    ) -> Result<Self, Failure> {
        let mut connection = Self {
            transport,
            address,
            apis: Vec::new(),
            correlation_id: 0,
            usable: true,
            renew_at: None,
            used_at: Instant::now(),
            runtime: here(),
            buffers: Arc::default(),
        };
        let answer = match connection.api_versions(3).await? {
            Some(answer) => answer,
            None => connection
                .api_versions(0)
                .await?
                .ok_or_else(|| Failure::protocol("ApiVersions is refused in every version"))?,
        };
        connection.apis = answer
            .api_keys
            .iter()
            .take(API_COUNT_MAX)
            .map(|api| (api.api_key, api.min_version, api.max_version))
            .collect();
        Ok(connection)
    }

    /// Whether another call may be made.
    pub(super) fn is_usable(&self) -> bool {
        self.usable
    }

    /// The highest version of an API within ours and the broker's.
    pub(super) fn version(&self, api_key: i16, ours: (i16, i16)) -> Option<i16> {
        let (_, min, max) = self.apis.iter().find(|(key, _, _)| *key == api_key)?;
        let version = ours.1.min(*max);
        (version >= ours.0.max(*min)).then_some(version)
    }

    /// As [`Connection::version`], with a failure that names the API.
    pub(super) fn require(&self, api: (i16, &str), ours: (i16, i16)) -> Result<i16, Failure> {
        self.version(api.0, ours).ok_or_else(|| {
            Failure::protocol(format!(
                "the broker offers no {} version of {} to {}",
                api.1, ours.0, ours.1
            ))
        })
    }

    /// Makes a call whose answer the message codec decodes, after the guard has seen it.
    pub(super) async fn call<Q: Request>(
        &mut self,
        request: &Q,
        version: i16,
    ) -> Result<Q::Response, Failure> {
        let mut body = self.exchange(request, version, (ANSWER_TIMEOUT, ANSWER_BYTES_MAX)).await?;
        decode::<Q>(&mut body, version).inspect_err(|_| self.usable = false)
    }

    /// As [`Connection::call`], with a wait beyond [`ANSWER_TIMEOUT`] and in a client's name.
    pub(super) async fn call_for<Q: Request>(
        &mut self,
        request: &Q,
        version: i16,
        wait: Duration,
        client_id: &str,
    ) -> Result<Q::Response, Failure> {
        let bounds = (wait + ANSWER_TIMEOUT, ANSWER_BYTES_MAX);
        let correlation_id = self.begin()?;
        let frame = encode(request, version, correlation_id, client_id)?;
        self.write(&[&frame]).await?;
        let mut body = self.finish::<Q>(version, bounds).await?;
        decode::<Q>(&mut body, version).inspect_err(|_| self.usable = false)
    }

    /// As [`Connection::call_for`], of a body that is written already, in parts.
    pub(super) async fn call_in_parts<Q: Request>(
        &mut self,
        body: Vec<Bytes>,
        version: i16,
        wait: Duration,
        client_id: &str,
    ) -> Result<Q::Response, Failure> {
        let bounds = (wait + ANSWER_TIMEOUT, ANSWER_BYTES_MAX);
        let correlation_id = self.begin()?;
        let length = body.iter().map(Bytes::len).sum();
        let head = head::<Q>(version, correlation_id, client_id, length)?;
        let parts: Vec<&[u8]> =
            std::iter::once(head.as_ref()).chain(body.iter().map(AsRef::as_ref)).collect();
        self.write(&parts).await?;
        let mut body = self.finish::<Q>(version, bounds).await?;
        decode::<Q>(&mut body, version).inspect_err(|_| self.usable = false)
    }

    /// Whether nothing has come and the broker has not hung up since the last answer: a connection
    /// that is not quiet would lose the request it is given.
    pub(super) fn is_quiet(&mut self) -> bool {
        let quiet = self.usable && self.transport.read_u8().now_or_never().is_none();
        self.usable = quiet;
        quiet
    }

    /// Makes a Fetch call; `wait` is what the request asks the broker to wait for records.
    pub(super) async fn fetch(
        &mut self,
        request: &FetchRequest,
        version: i16,
        wait: Duration,
    ) -> Result<FetchAnswer, Failure> {
        let bounds = (wait * 2 + ANSWER_TIMEOUT, UPSTREAM_FRAME_BYTES_MAX);
        let body = self.exchange(request, version, bounds).await?;
        fetch_answer::read(&body, version).map_err(|error| {
            self.usable = false;
            Failure::protocol(format!("Fetch answer: {error}"))
        })
    }

    /// `None`: the broker does not know this version.
    async fn api_versions(&mut self, version: i16) -> Result<Option<ApiVersionsResponse>, Failure> {
        let mut request = ApiVersionsRequest::default();
        if version >= 3 {
            request.client_software_name = StrBytes::from_static_str(CLIENT_ID);
            request.client_software_version = StrBytes::from_static_str(env!("CARGO_PKG_VERSION"));
        }
        let mut body = self.exchange(&request, version, (ANSWER_TIMEOUT, ANSWER_BYTES_MAX)).await?;
        // A broker that does not know the version answers in version 0, whatever was asked.
        match Cursor::new(&body).i16() {
            Ok(codes::UNSUPPORTED_VERSION) => return Ok(None),
            Ok(0) => {}
            Ok(code) => {
                return Err(Failure::protocol(format!("ApiVersions: {}", codes::name(code))));
            }
            Err(_) => return Err(Failure::protocol("ApiVersions: the answer is empty")),
        }
        decode::<ApiVersionsRequest>(&mut body, version).map(Some)
    }

    /// Sends a request and returns the body of its answer. `bounds`: how long the answer may take
    /// to begin, and how large it may be.
    async fn exchange<Q: Request>(
        &mut self,
        request: &Q,
        version: i16,
        bounds: (Duration, usize),
    ) -> Result<Bytes, Failure> {
        let correlation_id = self.begin()?;
        let frame = encode(request, version, correlation_id, CLIENT_ID)?;
        self.write(&[&frame]).await?;
        self.finish::<Q>(version, bounds).await
    }

    /// Takes the connection for a call; it stays unusable until the answer is there.
    fn begin(&mut self) -> Result<i32, Failure> {
        if !self.usable {
            return Err(Failure::unreachable("the connection was abandoned"));
        }
        self.usable = false;
        self.correlation_id = self.correlation_id.wrapping_add(1) & i32::MAX;
        Ok(self.correlation_id)
    }

    async fn finish<Q: Request>(
        &mut self,
        version: i16,
        bounds: (Duration, usize),
    ) -> Result<Bytes, Failure> {
        let frame = self.read(bounds).await?;
        let mut cursor = Cursor::new(&frame);
        let header = header(&mut cursor, Q::Response::header_version(version) >= 1);
        let answered = header.map_err(|error| Failure::protocol(format!("answer: {error}")))?;
        if answered != self.correlation_id {
            return Err(Failure::protocol("the answer belongs to another request"));
        }
        let body = frame.slice(cursor.position()..);
        self.usable = true;
        self.used_at = Instant::now();
        Ok(body)
    }

    async fn write(&mut self, parts: &[&[u8]]) -> Result<(), Failure> {
        let write = async {
            let mut left: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
            let mut left = left.as_mut_slice();
            while !left.is_empty() {
                let some = left.get(..PARTS_PER_WRITE_MAX).unwrap_or(left);
                match self.transport.write_vectored(some).await? {
                    0 => return Err(std::io::ErrorKind::WriteZero.into()),
                    written => IoSlice::advance_slices(&mut left, written),
                }
            }
            self.transport.flush().await
        };
        match timeout(WRITE_TIMEOUT, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(broken(&error)),
            Err(_) => Err(Failure::unreachable("the broker does not take a request")),
        }
    }

    async fn read(&mut self, bounds: (Duration, usize)) -> Result<Bytes, Failure> {
        let (wait, bytes_max) = bounds;
        let length = match timeout(wait, self.transport.read_i32()).await {
            Ok(Ok(length)) => length,
            Ok(Err(error)) => return Err(broken(&error)),
            Err(_) => {
                let seconds = wait.as_secs_f32();
                return Err(Failure::unreachable(format!("no answer within {seconds:.1} s")));
            }
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > bytes_max {
            return Err(Failure::protocol(format!(
                "an answer of more than {bytes_max} bytes is announced; is this a Kafka listener \
                 with this security protocol?"
            )));
        }
        match timeout(BODY_TIMEOUT, self.read_body(length)).await {
            Ok(result) => result,
            Err(_) => Err(Failure::unreachable("an answer does not end")),
        }
    }

    async fn read_body(&mut self, length: usize) -> Result<Bytes, Failure> {
        if length < POOLED_BYTES_MIN {
            let mut body = BytesMut::with_capacity(length);
            while body.len() < length {
                let missing = length - body.len();
                let read = self.transport.read_buf(&mut (&mut body).limit(missing)).await;
                arrived(&read)?;
            }
            return Ok(body.freeze());
        }
        let mut body = self.buffers.take(length.min(RESERVE_BYTES_MAX));
        while body.len() < length {
            let mut room = body.room(length - body.len(), RESERVE_BYTES_MAX);
            let read = self.transport.read_buf(&mut room).await;
            arrived(&read)?;
        }
        Ok(body.freeze())
    }
}

/// The runtime of this task.
pub(super) fn here() -> Option<tokio::runtime::Id> {
    tokio::runtime::Handle::try_current().ok().map(|handle| handle.id())
}

fn arrived(read: &std::io::Result<usize>) -> Result<(), Failure> {
    match read {
        Ok(0) => Err(Failure::unreachable("the broker closed the connection")),
        Ok(_) => Ok(()),
        Err(error) => Err(broken(error)),
    }
}

fn decode<Q: Request>(body: &mut Bytes, version: i16) -> Result<Q::Response, Failure> {
    let key = Q::KEY;
    guard::check_answer(key, version, body)
        .map_err(|error| Failure::protocol(format!("answer of API {key}: {error}")))?;
    Q::Response::decode(body, version)
        .map_err(|_| Failure::protocol(format!("answer of API {key} cannot be decoded")))
}

fn encode<Q: Request>(
    request: &Q,
    version: i16,
    correlation_id: i32,
    client_id: &str,
) -> Result<Bytes, Failure> {
    let header = request_header::<Q>(version, correlation_id, client_id);
    let header_version = Q::header_version(version);
    let no_form = |_| Failure::protocol(format!("API {} version {version}: no such form", Q::KEY));
    let size = header
        .compute_size(header_version)
        .and_then(|header| Ok(header + request.compute_size(version)?))
        .map_err(no_form)?;
    let length = i32::try_from(size).map_err(|_| Failure::protocol("the request is too large"))?;
    let mut frame = BytesMut::with_capacity(4 + size);
    frame.put_i32(length);
    header
        .encode(&mut frame, header_version)
        .and_then(|()| request.encode(&mut frame, version))
        .map_err(no_form)?;
    match frame.len() == 4 + size {
        true => Ok(frame.freeze()),
        false => Err(Failure::protocol("the request's size is not what was computed")),
    }
}

/// A request's length and header, before a body of that many bytes.
fn head<Q: Request>(
    version: i16,
    correlation_id: i32,
    client_id: &str,
    body_bytes: usize,
) -> Result<Bytes, Failure> {
    let header = request_header::<Q>(version, correlation_id, client_id);
    let header_version = Q::header_version(version);
    let no_form = |_| Failure::protocol(format!("API {} version {version}: no such form", Q::KEY));
    let size = header.compute_size(header_version).map_err(no_form)?;
    let length = i32::try_from(size + body_bytes)
        .map_err(|_| Failure::protocol("the request is too large"))?;
    let mut head = BytesMut::with_capacity(4 + size);
    head.put_i32(length);
    header.encode(&mut head, header_version).map_err(no_form)?;
    Ok(head.freeze())
}

fn request_header<Q: Request>(version: i16, correlation_id: i32, client_id: &str) -> RequestHeader {
    RequestHeader::default()
        .with_request_api_key(Q::KEY)
        .with_request_api_version(version)
        .with_correlation_id(correlation_id)
        .with_client_id(Some(StrBytes::from_string(client_id.to_owned())))
}

/// Reads an answer's header; returns the correlation id.
fn header(cursor: &mut Cursor<'_>, flexible: bool) -> Result<i32, crate::wire::WireError> {
    let correlation_id = cursor.i32()?;
    if flexible {
        for _ in 0..cursor.varint()? {
            cursor.varint()?;
            let size = cursor.varint()? as usize;
            cursor.skip(size)?;
        }
    }
    Ok(correlation_id)
}

fn broken(error: &std::io::Error) -> Failure {
    // With TLS 1.3 a broker refuses a client's certificate only after the handshake.
    let inner = error.get_ref();
    if inner.is_some_and(|inner| inner.is::<rustls::Error>()) {
        return Failure::new(FailureKind::Tls, format!("TLS failed: {error}"));
    }
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => {
            Failure::unreachable("the broker closed the connection")
        }
        _ => Failure::unreachable(error.to_string()),
    }
}
