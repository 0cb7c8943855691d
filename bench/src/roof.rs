//! The reference program: a bare epoll loop that accepts subscribers of event streams, or of
//! WebSockets, and writes every event to every socket, one write per event, from one shared frame.
//! It reads no Kafka, checks no subscriber, applies no policy and keeps nothing for those who are
//! slow (they are cut off), so what it delivers per CPU-second is the price of the sockets alone:
//! the roof.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use crate::event::EventText;
use crate::load::frame;

const LISTENER: Token = Token(usize::MAX);
const SSE_HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
/// The load client does not check the proof.
const WEBSOCKET_HEAD: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\
    connection: upgrade\r\nsec-websocket-accept: x\r\n\r\n";
/// A request head of the load client is far smaller; what comes after it is not looked at.
const REQUEST_BYTES_MAX: usize = 4_096;

/// Runs the loop until the process is ended.
///
/// # Errors
/// When the address cannot be listened on or epoll fails.
pub fn run(
    address: SocketAddr,
    (events_per_second, event_bytes): (u32, usize),
    websocket: bool,
) -> Result<()> {
    let poll = Poll::new()?;
    let mut listener = TcpListener::bind(address)?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let head = if websocket { WEBSOCKET_HEAD } else { SSE_HEAD };
    let mut roof = Roof { poll, listener, head, subscribers: Vec::new() };
    let mut events = Events::with_capacity(1_024);
    let mut text = EventText::new(event_bytes);
    let period = Duration::from_secs(1) / events_per_second;
    let mut due = Instant::now() + period;
    loop {
        roof.poll.poll(&mut events, Some(due.saturating_duration_since(Instant::now())))?;
        for event in &events {
            match event.token() {
                LISTENER => roof.accept()?,
                Token(index) => roof.read(index),
            }
        }
        if Instant::now() >= due {
            due += period;
            let event = text.next();
            roof.write_all(&match websocket {
                true => frame::text(event),
                false => [b"data: ", event, b"\n\n"].concat(),
            });
        }
    }
}

struct Roof {
    poll: Poll,
    listener: TcpListener,
    head: &'static [u8],
    subscribers: Vec<Option<Subscriber>>,
}

struct Subscriber {
    socket: TcpStream,
    greeted: bool,
}

impl Roof {
    fn accept(&mut self) -> Result<()> {
        loop {
            let mut socket = match self.listener.accept() {
                Ok((socket, _)) => socket,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            socket.set_nodelay(true)?;
            let free = self.subscribers.iter().position(Option::is_none);
            let index = free.unwrap_or(self.subscribers.len());
            self.poll.registry().register(&mut socket, Token(index), Interest::READABLE)?;
            let subscriber = Some(Subscriber { socket, greeted: false });
            match self.subscribers.get_mut(index) {
                Some(slot) => *slot = subscriber,
                None => self.subscribers.push(subscriber),
            }
        }
    }

    /// A request head, answered when its first bytes are here, or a goodbye.
    fn read(&mut self, index: usize) {
        let Some(slot) = self.subscribers.get_mut(index) else {
            return;
        };
        let Some(subscriber) = slot else { return };
        let mut bytes = [0; REQUEST_BYTES_MAX];
        match subscriber.socket.read(&mut bytes) {
            Ok(0) => *slot = None,
            Ok(_) if subscriber.greeted => {}
            Ok(_) => match subscriber.socket.write(self.head) {
                Ok(_) => subscriber.greeted = true,
                Err(_) => *slot = None,
            },
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => *slot = None,
        }
    }

    /// One write per subscriber; who cannot take the whole event is cut off.
    fn write_all(&mut self, frame: &[u8]) {
        for slot in &mut self.subscribers {
            let Some(subscriber) = slot.as_mut().filter(|subscriber| subscriber.greeted) else {
                continue;
            };
            match subscriber.socket.write(frame) {
                Ok(written) if written == frame.len() => {}
                _ => *slot = None,
            }
        }
    }
}
