//! Echoes WebSocket messages through the frames, the handshake and the reading side of the
//! WebSocket door: what the Autobahn test suite is run against (`scripts/autobahn`).
//!
//! Usage: `ws_echo 127.0.0.1:9001`

use std::task::{Context, Poll};

use anyhow::Context as _;
use gateway::http::websocket_frame::{self as frame, Opcode};
use gateway::http::{
    Chunk, End, Handshake, Hears, Outgoing, WebSocketClient, websocket_head, write_stream,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The suite's largest messages have 16 MiB.
const MESSAGE_BYTES_MAX: usize = 16 << 20;
const HEAD_BYTES_MAX: usize = 16 << 10;

/// The message that was heard last, as a frame to be sent.
#[derive(Default)]
struct Echo {
    frame: Vec<u8>,
    heard: bool,
}

impl Hears for Echo {
    fn hear(&mut self, text: &str) -> Result<(), &'static str> {
        frame::whole(&mut self.frame, Opcode::Text, text.as_bytes());
        self.heard = true;
        Ok(())
    }

    fn hear_bytes(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        frame::whole(&mut self.frame, Opcode::Binary, bytes);
        self.heard = true;
        Ok(())
    }

    fn is_busy(&self) -> bool {
        self.heard
    }
}

impl Outgoing for Echo {
    fn poll_chunk(&mut self, chunk: &mut Chunk, _: &mut Context<'_>) -> Poll<Option<End>> {
        if !std::mem::take(&mut self.heard) {
            // Whatever is heard next wakes the connection.
            return Poll::Pending;
        }
        chunk.own = std::mem::take(&mut self.frame);
        Poll::Ready(None)
    }

    fn poll_end(&mut self, _: &mut Context<'_>) -> Poll<End> {
        Poll::Pending
    }

    fn yield_turn(&mut self) {}

    fn wrote(&mut self, _: usize) {}
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1).context("say where to listen")?;
    let listener = TcpListener::bind(&address).await?;
    loop {
        let (connection, _) = listener.accept().await?;
        tokio::spawn(async move {
            // Whoever breaks the handshake is refused; the suite judges what it gets.
            let _ = echo(connection).await;
        });
    }
}

async fn echo(mut connection: TcpStream) -> anyhow::Result<()> {
    connection.set_nodelay(true)?;
    let headers = request(&mut connection).await?;
    let answer = match websocket_head(Handshake::Upgrade, &headers) {
        Ok(answer) => answer,
        Err(problem) => {
            connection.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await?;
            anyhow::bail!("{}", problem.kind().code);
        }
    };
    let mut head = b"HTTP/1.1 101 Switching Protocols\r\n".to_vec();
    for (name, value) in answer.headers() {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    let client = Box::new(WebSocketClient::with_messages(MESSAGE_BYTES_MAX));
    write_stream(connection, Box::<Echo>::default(), head, client).await;
    Ok(())
}

/// The fields of a request without a body.
async fn request(connection: &mut TcpStream) -> anyhow::Result<HeaderMap> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        anyhow::ensure!(head.len() < HEAD_BYTES_MAX, "the head is too long");
        head.push(connection.read_u8().await?);
    }
    let head = String::from_utf8(head)?;
    let fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let fields = fields.map(|(name, value)| {
        Ok((HeaderName::try_from(name.trim())?, HeaderValue::try_from(value.trim())?))
    });
    fields.collect()
}
