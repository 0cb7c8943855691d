//! HTTP/1.1 by hand over a plain or TLS socket: what is sent is exactly what the test wrote, and
//! what comes back is read by the letter. For REST calls, refusals, hostile requests and streams
//! alike.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use anyhow::Context;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Longer heads are an error of the server.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Longer bodies are an error of the test; streams have no such limit.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long one whole exchange may take.
const EXCHANGE_LIMIT: Duration = Duration::from_secs(30);
/// How much is read at once.
const READ_BYTES: usize = 16 * 1024;

/// A connection, plain or TLS.
pub enum Socket {
    /// Plain TCP.
    Plain(TcpStream),
    /// TLS over TCP.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Socket {
    /// Connects; with `tls`: handshakes as a client of "localhost".
    pub async fn connect(
        address: &str,
        tls: Option<Arc<rustls::ClientConfig>>,
    ) -> anyhow::Result<Socket> {
        let tcp = TcpStream::connect(address).await.with_context(|| format!("to {address}"))?;
        Socket::over(tcp, tls).await
    }

    /// Uses a connection that exists (with buffer sizes of its own, say).
    pub async fn over(
        tcp: TcpStream,
        tls: Option<Arc<rustls::ClientConfig>>,
    ) -> anyhow::Result<Socket> {
        tcp.set_nodelay(true)?;
        let Some(config) = tls else {
            return Ok(Socket::Plain(tcp));
        };
        let name = ServerName::try_from("localhost")?;
        let stream = TlsConnector::from(config).connect(name, tcp).await?;
        Ok(Socket::Tls(Box::new(stream)))
    }

    /// The TCP connection beneath.
    pub fn tcp(&self) -> &TcpStream {
        match self {
            Socket::Plain(tcp) => tcp,
            Socket::Tls(tls) => tls.get_ref().0,
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(tcp) => Pin::new(tcp).poll_read(task, buffer),
            Socket::Tls(tls) => Pin::new(tls).poll_read(task, buffer),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            Socket::Plain(tcp) => Pin::new(tcp).poll_write(task, bytes),
            Socket::Tls(tls) => Pin::new(tls).poll_write(task, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(tcp) => Pin::new(tcp).poll_flush(task),
            Socket::Tls(tls) => Pin::new(tls).poll_flush(task),
        }
    }

    fn poll_shutdown(
        self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
    ) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(tcp) => Pin::new(tcp).poll_shutdown(task),
            Socket::Tls(tls) => Pin::new(tls).poll_shutdown(task),
        }
    }
}

/// The status line and headers of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// Headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Head {
    /// The first header of that (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(seen, _)| seen == name).map(|(_, value)| value.as_str())
    }

    fn parse(text: &[u8]) -> anyhow::Result<Head> {
        let text = std::str::from_utf8(text).context("a head that is not UTF-8")?;
        let mut lines = text.split("\r\n");
        let status_line = lines.next().unwrap_or_default();
        let mut words = status_line.splitn(3, ' ');
        anyhow::ensure!(words.next() == Some("HTTP/1.1"), "not HTTP/1.1: {status_line:?}");
        let status = words.next().unwrap_or_default();
        anyhow::ensure!(status.len() == 3, "odd status line: {status_line:?}");
        let mut headers = Vec::new();
        for line in lines.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').with_context(|| format!("{line:?}"))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        Ok(Head { status: status.parse()?, headers })
    }
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status and headers.
    pub head: Head,
    /// The body, without framing.
    pub body: Vec<u8>,
}

impl Answer {
    /// The status code.
    pub fn status(&self) -> u16 {
        self.head.status
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> anyhow::Result<serde_json::Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("not JSON: {}", self.text()))
    }

    /// The body as an RFC 9457 problem document, checked for being one.
    pub fn problem(&self) -> anyhow::Result<serde_json::Value> {
        let media_type = self.head.header("content-type").unwrap_or_default();
        anyhow::ensure!(
            media_type.starts_with("application/problem+json"),
            "{} answer is {media_type:?}, not a problem document: {}",
            self.status(),
            self.text()
        );
        let problem = self.json()?;
        let status = problem.get("status").and_then(serde_json::Value::as_u64);
        anyhow::ensure!(status == Some(u64::from(self.status())), "another status: {problem}");
        anyhow::ensure!(problem.get("title").is_some_and(|t| t.is_string()), "no title: {problem}");
        Ok(problem)
    }
}

/// Answers of one connection.
pub struct Connection {
    socket: Socket,
    buffer: Vec<u8>,
    framing: Framing,
}

/// How the rest of the body is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length(usize),
    ChunkHead,
    Chunk(usize),
    ChunkEnd,
    UntilClose,
    Done,
}

impl Connection {
    /// Over a socket.
    pub fn new(socket: Socket) -> Connection {
        Connection { socket, buffer: Vec::new(), framing: Framing::Done }
    }

    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.socket.write_all(bytes).await?;
        Ok(self.socket.flush().await?)
    }

    /// What was read after the head; the caller reads on from the socket itself.
    pub fn take_buffer(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.buffer)
    }

    /// The socket.
    pub fn socket(&mut self) -> &mut Socket {
        &mut self.socket
    }

    /// Reads a status line and headers; the body is next.
    pub async fn head(&mut self) -> anyhow::Result<Head> {
        let end = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end;
            }
            anyhow::ensure!(self.buffer.len() < HEAD_BYTES_MAX, "a head without an end");
            anyhow::ensure!(self.fill().await? > 0, "closed before an answer");
        };
        let head = Head::parse(&self.buffer[..end])?;
        self.buffer.drain(..end + 4);
        self.framing = framing(&head)?;
        Ok(head)
    }

    /// Some more bytes of the body; `None` at its end. Safe to cancel: nothing is lost.
    pub async fn body(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        loop {
            match self.step()? {
                Step::Bytes(bytes) => return Ok(Some(bytes)),
                Step::End => return Ok(None),
                Step::NeedMore => {}
            }
            if self.fill().await? == 0 {
                let clean = self.framing == Framing::UntilClose;
                self.framing = Framing::Done;
                anyhow::ensure!(clean, "closed in the middle of a body");
                return Ok(None);
            }
        }
    }

    /// Reads a whole answer.
    pub async fn answer(&mut self) -> anyhow::Result<Answer> {
        let head = self.head().await?;
        let mut body = Vec::new();
        while let Some(bytes) = self.body().await? {
            body.extend_from_slice(&bytes);
            anyhow::ensure!(body.len() <= BODY_BYTES_MAX, "a body without an end");
        }
        Ok(Answer { head, body })
    }

    fn step(&mut self) -> anyhow::Result<Step> {
        loop {
            match self.framing {
                Framing::Done | Framing::Length(0) => return Ok(Step::End),
                Framing::UntilClose if self.buffer.is_empty() => return Ok(Step::NeedMore),
                Framing::UntilClose => return Ok(Step::Bytes(std::mem::take(&mut self.buffer))),
                Framing::Length(left) => match self.take(left) {
                    None => return Ok(Step::NeedMore),
                    Some(bytes) => {
                        self.framing = Framing::Length(left - bytes.len());
                        return Ok(Step::Bytes(bytes));
                    }
                },
                Framing::Chunk(left) => match self.take(left) {
                    None => return Ok(Step::NeedMore),
                    Some(bytes) => {
                        let left = left - bytes.len();
                        self.framing =
                            if left == 0 { Framing::ChunkEnd } else { Framing::Chunk(left) };
                        return Ok(Step::Bytes(bytes));
                    }
                },
                Framing::ChunkHead | Framing::ChunkEnd => {
                    let Some(end) = find(&self.buffer, b"\r\n") else {
                        return Ok(Step::NeedMore);
                    };
                    let line: Vec<u8> = self.buffer.drain(..end + 2).take(end).collect();
                    self.framing = self.framing.after(&line)?;
                }
            }
        }
    }

    fn take(&mut self, limit: usize) -> Option<Vec<u8>> {
        let length = self.buffer.len().min(limit);
        (length > 0).then(|| self.buffer.drain(..length).collect())
    }

    async fn fill(&mut self) -> anyhow::Result<usize> {
        self.buffer.reserve(READ_BYTES);
        Ok(self.socket.read_buf(&mut self.buffer).await?)
    }
}

enum Step {
    Bytes(Vec<u8>),
    NeedMore,
    End,
}

impl Framing {
    /// After the line that a chunk's size or end is.
    fn after(self, line: &[u8]) -> anyhow::Result<Framing> {
        if self == Framing::ChunkEnd {
            anyhow::ensure!(line.is_empty(), "a chunk is longer than its size");
            return Ok(Framing::ChunkHead);
        }
        let text = std::str::from_utf8(line)?;
        let size = usize::from_str_radix(text.split(';').next().unwrap_or_default(), 16);
        match size.with_context(|| format!("not a chunk size: {text:?}"))? {
            // Our servers send no trailers; the empty line that follows is not waited for.
            0 => Ok(Framing::Done),
            size => Ok(Framing::Chunk(size)),
        }
    }
}

fn framing(head: &Head) -> anyhow::Result<Framing> {
    let chunked = head.header("transfer-encoding").is_some_and(|value| value == "chunked");
    let length = head.header("content-length");
    anyhow::ensure!(!(chunked && length.is_some()), "both Content-Length and chunked");
    Ok(match (chunked, length) {
        _ if head.status == 204 || head.status == 304 => Framing::Done,
        (true, _) => Framing::ChunkHead,
        (false, Some(length)) => Framing::Length(length.parse().context("Content-Length")?),
        (false, None) => Framing::UntilClose,
    })
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

/// A request with headers and a body, as text on the wire.
pub fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() || method == "POST" || method == "PUT" {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// One exchange on a plain connection of its own.
pub async fn exchange(address: &str, request: &[u8]) -> anyhow::Result<Answer> {
    let answer = async {
        let mut connection = Connection::new(Socket::connect(address, None).await?);
        connection.send(request).await?;
        connection.answer().await
    };
    crate::expect::within(EXCHANGE_LIMIT, "an HTTP answer", answer).await?
}

/// `GET target` on a plain connection of its own.
pub async fn fetch(address: &str, target: &str) -> anyhow::Result<Answer> {
    exchange(address, &request("GET", target, &[("Connection", "close")], b"")).await
}
