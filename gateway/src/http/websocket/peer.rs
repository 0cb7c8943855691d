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
/// How long a client may be silent before it is asked whether it is there, also while events flow.
const PING_AFTER: Duration = Duration::from_secs(15);
/// How long it may take to answer.
const PONG_TIMEOUT: Duration = Duration::from_secs(35);

/// The client of a WebSocket.
pub struct Client {
    protocol: Box<tungstenite::WebSocket<Pipe>>,
    /// Frames that wait for the end of a chunk.
    output: Vec<u8>,
    heard: Instant,
    /// When it was asked whether it is there, if it was silent since.
    asked: Option<Instant>,
    /// It takes nothing: so long it may be silent too.
    blocked: bool,
    /// It may have said more than was heard.
    held: bool,
    ending: bool,
}

/// Who is told what a client says.
pub trait Hears {
    /// Takes in a text.
    ///
    /// # Errors
    /// What the client should have said.
    fn hear(&mut self, text: &str) -> Result<(), &'static str>;

    /// Takes in a binary message.
    ///
    /// # Errors
    /// What the client should have said.
    fn hear_bytes(&mut self, _: &[u8]) -> Result<(), &'static str> {
        Err("say it as text")
    }

    /// Whether nothing more may be said now.
    fn is_busy(&self) -> bool {
        false
    }
}

/// What a client may say as text.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    ack: u64,
}

/// What a client should know that acknowledges what cannot be.
pub const ACKNOWLEDGE: &str = "acknowledge what was sent, and not less again";

impl<S: Source> Hears for Stream<S> {
    fn hear(&mut self, text: &str) -> Result<(), &'static str> {
        match serde_json::from_str(text) {
            Ok(Said { ack }) if self.acknowledge(ack) => Ok(()),
            Ok(_) => Err(ACKNOWLEDGE),
            Err(_) => Err("say {\"ack\": <number of events>} or nothing"),
        }
    }
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
        Self::with_messages(MESSAGE_BYTES_MAX)
    }
}

impl Client {
    /// A client whose messages have at most so many bytes.
    pub fn with_messages(bytes_max: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(bytes_max))
            .max_frame_size(Some(bytes_max));
        let pipe = Pipe::default();
        let protocol = tungstenite::WebSocket::from_raw_socket(pipe, Role::Server, Some(config));
        let (output, heard) = (Vec::new(), Instant::now());
        let protocol = Box::new(protocol);
        let (asked, blocked) = (None, false);
        Self { protocol, output, heard, asked, blocked, held: false, ending: false }
    }
}

impl<O: Hears> Peer<O> for Client {
    fn poll(
        &mut self,
        connection: &mut impl Connection,
        outgoing: &mut O,
        context: &mut Context<'_>,
    ) -> io::Result<()> {
        if std::mem::take(&mut self.held) {
            self.listen(outgoing);
        }
        while !self.ending {
            if !self.may_hear(outgoing) {
                self.held = true;
                break;
            }
            let mut bytes = [0; READ_BYTES];
            let mut buffer = ReadBuf::new(&mut bytes);
            match Pin::new(&mut *connection).poll_read(context, &mut buffer) {
                Poll::Pending => break,
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => {
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
                Poll::Ready(read) => read?,
            }
            self.alive();
            self.protocol.get_mut().input.extend_from_slice(buffer.filled());
            self.listen(outgoing);
        }
        Ok(())
    }

    fn output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    fn end(&self) -> Option<End> {
        self.ending.then_some(End::Closed)
    }

    fn is_unheard(&self, outgoing: &O) -> bool {
        self.held && !self.ending && self.may_hear(outgoing)
    }

    fn blocks(&mut self) {
        self.blocked = true;
    }

    fn takes(&mut self) {
        if std::mem::take(&mut self.blocked) {
            // A ping may stand behind much that it had not read.
            self.alive();
        } else if self.asked.is_none() && !self.ending && self.heard.elapsed() >= PING_AFTER {
            super::ping(&mut self.output);
            self.asked = Some(Instant::now());
        }
    }

    fn is_silent(&self) -> bool {
        self.asked.is_some_and(|at| at.elapsed() > PONG_TIMEOUT)
    }
}

impl Client {
    fn alive(&mut self) {
        self.heard = Instant::now();
        self.asked = None;
    }

    /// Whether there is room for answers, and time for what it says.
    fn may_hear(&self, outgoing: &impl Hears) -> bool {
        self.output.len() < OUTPUT_BYTES_MAX && !outgoing.is_busy()
    }

    /// Takes in what was read.
    fn listen(&mut self, outgoing: &mut impl Hears) {
        while !outgoing.is_busy() {
            let outcome = match self.protocol.read() {
                Ok(Message::Text(text)) => {
                    outgoing.hear(&text).map_err(|should| (code::POLICY, should))
                }
                Ok(Message::Binary(bytes)) => {
                    outgoing.hear_bytes(&bytes).map_err(|should| (code::UNSUPPORTED, should))
                }
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
pub mod tests;
