//! One subscriber's connection, plain or over TLS.

use std::io::{ErrorKind, Read, Result, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use mio::event::Source;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use rustls_pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, ClientConnection};

/// How long one connection may take to be accepted.
const CONNECT_WAIT: Duration = Duration::from_secs(10);

/// A connection.
pub struct Link {
    socket: TcpStream,
    session: Option<Box<ClientConnection>>,
}

impl Link {
    /// Connects and sends a request.
    ///
    /// # Errors
    /// When nobody accepts, or the handshake fails.
    pub fn open(
        address: SocketAddr,
        request: &str,
        tls: Option<&Arc<ClientConfig>>,
    ) -> anyhow::Result<Self> {
        let mut socket = std::net::TcpStream::connect_timeout(&address, CONNECT_WAIT)
            .with_context(|| format!("{address} does not accept"))?;
        let mut session = None;
        if let Some(config) = tls {
            let name = ServerName::try_from("localhost")?;
            let mut opened = ClientConnection::new(Arc::clone(config), name)?;
            opened.writer().write_all(request.as_bytes())?;
            while opened.is_handshaking() || opened.wants_write() {
                opened.complete_io(&mut socket)?;
            }
            session = Some(Box::new(opened));
        } else {
            socket.write_all(request.as_bytes())?;
        }
        socket.set_nonblocking(true)?;
        Ok(Self { socket: TcpStream::from_std(socket), session })
    }

    /// Reports edges of what there is to read.
    ///
    /// # Errors
    /// When epoll fails.
    pub fn register(&mut self, registry: &Registry, token: Token) -> Result<()> {
        self.socket.register(registry, token, Interest::READABLE)
    }

    /// Whether a read that did not fill its buffer was the last.
    pub fn is_empty_after_short_read(&self) -> bool {
        self.session.is_none()
    }

    /// Reads what is there.
    ///
    /// # Errors
    /// `WouldBlock` when there is nothing.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let Some(session) = &mut self.session else { return self.socket.read(buffer) };
        loop {
            match session.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                other => return other,
            }
            if session.read_tls(&mut self.socket)? == 0 {
                return Ok(0);
            }
            session.process_new_packets().map_err(std::io::Error::other)?;
        }
    }

    /// Sends a few bytes.
    ///
    /// # Errors
    /// When they are not taken at once.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let Some(session) = &mut self.session else { return self.socket.write_all(bytes) };
        session.writer().write_all(bytes)?;
        while session.wants_write() {
            session.write_tls(&mut self.socket)?;
        }
        Ok(())
    }
}
