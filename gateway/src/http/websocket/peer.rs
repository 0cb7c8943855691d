//! What the client says: acknowledgements, pongs, the end. Read by a library that knows the
//! protocol's rules; it never sees the socket, only bytes.

use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::ReadBuf;
use tokio::time::Instant;
use tungstenite::error::{CapacityError, Error, ProtocolError};
use tungstenite::protocol::{Message, Role, WebSocketConfig};

use super::{code, frame};
use crate::http::stream::{Connection, End, Peer, Source, Stream};

/// Bytes of a message from a client.
const MESSAGE_BYTES_MAX: usize = 4096;
/// Bytes that are read at once.
const READ_BYTES: usize = 1024;
/// Answers that wait for the client to read; then it is not read from either.
const OUTPUT_BYTES_MAX: usize = 4096;
/// How long a client may be silent: it is pinged three times meanwhile.
const SILENT_MAX: Duration = Duration::from_secs(50);

/// The client of a WebSocket.
pub struct Client {
    protocol: Box<tungstenite::WebSocket<Pipe>>,
    /// Frames that wait for the end of a chunk.
    output: Vec<u8>,
    heard: Instant,
    ending: bool,
}

/// What a client may say as text.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    ack: u64,
}

/// Bytes on their way between the socket and the library.
#[derive(Default)]
struct Pipe {
    input: Vec<u8>,
    output: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.input.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = self.input.as_slice().read(buffer)?;
        self.input.drain(..count);
        Ok(count)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Default for Client {
    fn default() -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let pipe = Pipe::default();
        let protocol = tungstenite::WebSocket::from_raw_socket(pipe, Role::Server, Some(config));
        let (output, heard) = (Vec::new(), Instant::now());
        Self { protocol: Box::new(protocol), output, heard, ending: false }
    }
}

impl Peer for Client {
    fn poll<S: Source>(
        &mut self,
        connection: &mut impl Connection,
        stream: &mut Stream<S>,
        context: &mut Context<'_>,
    ) -> io::Result<()> {
        while !self.ending && self.output.len() < OUTPUT_BYTES_MAX {
            let mut bytes = [0; READ_BYTES];
            let mut buffer = ReadBuf::new(&mut bytes);
            match Pin::new(&mut *connection).poll_read(context, &mut buffer) {
                Poll::Pending if self.heard.elapsed() > SILENT_MAX => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                Poll::Pending => break,
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => {
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
                Poll::Ready(read) => read?,
            }
            self.heard = Instant::now();
            self.protocol.get_mut().input.extend_from_slice(buffer.filled());
            self.listen(|ack| stream.acknowledge(ack));
        }
        Ok(())
    }

    fn output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    fn end(&self) -> Option<End> {
        self.ending.then_some(End::Closed)
    }
}

impl Client {
    /// Takes in what was read; `acknowledge` says whether an acknowledgement can be.
    fn listen(&mut self, mut acknowledge: impl FnMut(u64) -> bool) {
        loop {
            let outcome = match self.protocol.read() {
                Ok(Message::Text(text)) => match serde_json::from_str(&text) {
                    Ok(Said { ack }) if acknowledge(ack) => Ok(()),
                    Ok(_) => Err((code::POLICY, "acknowledge what was sent, and not less again")),
                    Err(_) => Err((code::POLICY, "say {\"ack\": <number of events>} or nothing")),
                },
                Ok(Message::Binary(_)) => Err((code::UNSUPPORTED, "say it as text")),
                Ok(Message::Close(_)) => {
                    // The library has answered with the same code.
                    self.ending = true;
                    Ok(())
                }
                Ok(_) => Ok(()),
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => Err(told(&error)),
            };
            if let Err((code, reason)) = outcome {
                frame::close(&mut self.output, code, reason);
                self.ending = true;
            }
            if self.ending {
                break;
            }
        }
        // Pongs, and the answer to a close.
        let _ = self.protocol.flush();
        let answers = &mut self.protocol.get_mut().output;
        // What ends with our own last frame has no other.
        if !self.ending || self.output.is_empty() {
            self.output.append(answers);
        }
        answers.clear();
    }
}

/// What a client is told that broke the rules.
fn told(error: &Error) -> (u16, &'static str) {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => {
            (code::TOO_LARGE, "a message has at most 4096 bytes")
        }
        Error::Utf8(_) => (code::NOT_TEXT, "text is UTF-8"),
        Error::Protocol(ProtocolError::UnmaskedFrameFromClient) => {
            (code::PROTOCOL, "a client masks its frames")
        }
        Error::Protocol(ProtocolError::NonZeroReservedBits) => {
            (code::PROTOCOL, "no extension was agreed on")
        }
        _ => (code::PROTOCOL, "the frame breaks RFC 6455"),
    }
}

#[cfg(test)]
mod tests;
