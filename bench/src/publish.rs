//! Publishes events at a fixed rate, open loop: each is due at its own time, however long the one
//! before took. To Kafka, or by HTTP to a server that has no Kafka source.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use crate::event::EventText;

/// How long the last records may take to be written.
const FLUSH_WAIT: Duration = Duration::from_secs(10);
/// How long an HTTP publish may take.
const POST_WAIT: Duration = Duration::from_secs(5);

/// Where events go.
pub enum Sink {
    /// A topic. `header`: one header for every record, name and value.
    Kafka {
        /// The client.
        producer: BaseProducer,
        /// The topic.
        topic: String,
        /// One header for every record.
        header: Option<(String, String)>,
    },
    /// A URL that takes one event per POST, on one kept connection.
    Post {
        /// The connection.
        socket: TcpStream,
        /// The path.
        path: String,
    },
}

/// A thread that publishes until it is stopped or dropped.
pub struct Publisher {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Sink {
    /// A topic, written without waiting for company (`linger.ms=0`): one record, one batch.
    ///
    /// # Errors
    /// When the client cannot be made.
    pub fn kafka(bootstrap: &str, topic: &str, header: Option<(&str, &str)>) -> Result<Self> {
        let producer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap)
            .set("linger.ms", "0")
            .set("acks", "1")
            .create()?;
        let header = header.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(Self::Kafka { producer, topic: topic.to_owned(), header })
    }

    /// A URL on this machine.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn post(address: SocketAddr, path: &str) -> Result<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(POST_WAIT))?;
        Ok(Self::Post { socket, path: path.to_owned() })
    }

    /// Publishes one event.
    ///
    /// # Errors
    /// When it is not taken.
    pub fn send(&mut self, event: &[u8]) -> Result<()> {
        match self {
            Self::Kafka { producer, topic, header } => {
                let mut record = BaseRecord::<[u8], [u8]>::to(topic).payload(event).partition(0);
                if let Some((name, value)) = header {
                    let header = Header { key: name.as_str(), value: Some(value.as_str()) };
                    record = record.headers(OwnedHeaders::new().insert(header));
                }
                producer.send(record).map_err(|(error, _)| error)?;
                producer.poll(Duration::ZERO);
                Ok(())
            }
            Self::Post { socket, path } => post(socket, path, event),
        }
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// When it takes too long.
    pub fn flush(&self) -> Result<()> {
        match self {
            Self::Kafka { producer, .. } => Ok(producer.flush(FLUSH_WAIT)?),
            Self::Post { .. } => Ok(()),
        }
    }
}

impl Publisher {
    /// Starts publishing events of this size at this rate.
    pub fn start(mut sink: Sink, events_per_second: u32, event_bytes: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut text = EventText::new(event_bytes);
            let period = Duration::from_secs(1) / events_per_second;
            let mut due = Instant::now();
            while !stopped.load(Relaxed) {
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                due += period;
                sink.send(text.next())?;
            }
            sink.flush()
        });
        Self { stop, thread: Some(thread) }
    }

    /// Stops.
    ///
    /// # Errors
    /// When an event could not be published.
    pub fn stop(mut self) -> Result<()> {
        self.stop.store(true, Relaxed);
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            _ => bail!("the publisher ended badly"),
        }
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
    }
}

/// One POST and its answer, of which the body is skipped.
fn post(socket: &mut TcpStream, path: &str, body: &[u8]) -> Result<()> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all(&[head.as_bytes(), body].concat())?;
    let mut answer = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        let count = socket.read(&mut buffer).context("no answer to a publish")?;
        if count == 0 {
            bail!("the server closed the publishing connection");
        }
        answer.extend_from_slice(buffer.get(..count).unwrap_or_default());
        if is_whole(&answer) {
            break;
        }
    }
    match answer.starts_with(b"HTTP/1.1 20") {
        true => Ok(()),
        false => bail!("publish refused: {}", String::from_utf8_lossy(&answer)),
    }
}

/// Whether an answer with a `Content-Length` (none: no body) is complete.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    body.len() >= length.unwrap_or(0)
}
