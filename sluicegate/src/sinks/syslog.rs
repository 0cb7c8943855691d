//! Syslog (RFC 5424): a datagram a record over a Unix socket or UDP (RFC 5426), or counted octets
//! over TCP (RFC 6587). Syslog does not say what it has kept: over TCP what was on its way when the
//! server went may be lost, over UDP anything. The message is the line that `audit export` writes.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{anyhow, bail};
use catalog::audit::{Checkpoint, Record, Sending, Sink};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, UdpSocket, UnixDatagram};

use super::reduced;

/// Facility "log audit" (13), severity "notice" (5).
const PRIORITY: u8 = 13 * 8 + 5;
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of a datagram: what fits into one of UDP over IPv4, with room for the header's names.
const DATAGRAM_BYTES_MAX: usize = 60_000;
/// Characters of a message's kind (RFC 5424, 6).
const MSGID_MAX: usize = 32;

/// Where a syslog server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A socket of this machine.
    Unix(PathBuf),
    /// `host:port`
    Udp(String),
    /// `host:port`
    Tcp(String),
}

impl Address {
    /// Reads `unix:/dev/log`, `udp://host:514` or `tcp://host:601`.
    ///
    /// # Errors
    /// When it is none of them.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        if let Some(path) = text.strip_prefix("unix:") {
            return match path.starts_with('/') {
                true => Ok(Self::Unix(path.into())),
                false => bail!("audit.syslog.address = {text:?}: the path must begin with /"),
            };
        }
        let (scheme, host) = text.split_once("://").unwrap_or_default();
        let port = host.rsplit_once(':').and_then(|(host, port)| {
            (!host.is_empty()).then_some(())?;
            port.parse::<u16>().ok().filter(|port| *port > 0)
        });
        match (scheme, port) {
            ("udp", Some(_)) => Ok(Self::Udp(host.to_owned())),
            ("tcp", Some(_)) => Ok(Self::Tcp(host.to_owned())),
            _ => Err(anyhow!(
                "audit.syslog.address = {text:?} is to be like unix:/dev/log, udp://host:514 or \
                 tcp://host:601"
            )),
        }
    }
}

enum Socket {
    Unix(UnixDatagram),
    Udp(UdpSocket),
    Tcp(TcpStream),
}

/// Sends to a syslog server.
pub struct SyslogSink {
    address: Address,
    host: String,
    socket: Option<Socket>,
}

impl SyslogSink {
    /// A sink of this address; connects when there is something to send.
    pub fn new(address: Address) -> Self {
        Self { address, host: host_name(), socket: None }
    }

    async fn connect(&self) -> std::io::Result<Socket> {
        match &self.address {
            Address::Unix(path) => {
                let socket = UnixDatagram::unbound()?;
                socket.connect(path)?;
                Ok(Socket::Unix(socket))
            }
            Address::Udp(host) => {
                let to = tokio::net::lookup_host(host).await?.next();
                let to = to.ok_or_else(|| std::io::Error::other("the name has no address"))?;
                let any = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
                let socket = UdpSocket::bind(any).await?;
                socket.connect(to).await?;
                Ok(Socket::Udp(socket))
            }
            Address::Tcp(host) => Ok(Socket::Tcp(TcpStream::connect(host).await?)),
        }
    }

    /// Sends messages over one connection; a connection that fails is not used again.
    async fn write(&mut self, messages: Vec<String>) -> Result<(), String> {
        let sent = self.try_write(messages).await;
        sent.map_err(|error| {
            self.socket = None;
            format!("syslog: {error}")
        })
    }

    async fn try_write(&mut self, messages: Vec<String>) -> std::io::Result<()> {
        let mut socket = match self.socket.take().filter(|socket| !socket.has_ended()) {
            Some(socket) => socket,
            None => tokio::time::timeout(CONNECT_TIMEOUT, self.connect()).await??,
        };
        for message in messages {
            socket.send(&message).await?;
        }
        self.socket = Some(socket);
        Ok(())
    }

    /// The message of a record.
    fn message(&self, record: &Record) -> Result<String, String> {
        let whole = matches!(self.address, Address::Tcp(_));
        let bytes_max = if whole { usize::MAX } else { DATAGRAM_BYTES_MAX };
        let event = reduced::event(record, bytes_max);
        let read: Value = serde_json::from_str(&event).unwrap_or_default();
        let member = |name: &str| read.get(name).and_then(Value::as_str).unwrap_or("-").to_owned();
        let (kind, at) = (member("type"), member("time"));
        let kind = kind.trim_start_matches("io.sluicegate.").trim_end_matches(".v1");
        let line = Record { event, ..record.clone() }.line().map_err(|error| error.to_string())?;
        Ok(message(&self.host, (&at, kind), &line))
    }
}

impl Socket {
    /// Whether the server has closed the connection.
    fn has_ended(&self) -> bool {
        let Self::Tcp(stream) = self else { return false };
        match stream.try_read(&mut [0; 64]) {
            // Servers say nothing: what comes is the end.
            Ok(read) => read == 0,
            Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }

    async fn send(&mut self, message: &str) -> std::io::Result<()> {
        match self {
            Self::Unix(socket) => socket.send(message.as_bytes()).await.map(drop),
            Self::Udp(socket) => socket.send(message.as_bytes()).await.map(drop),
            Self::Tcp(stream) => {
                stream.write_all(format!("{} {message}", message.len()).as_bytes()).await
            }
        }
    }
}

impl Sink for SyslogSink {
    fn name(&self) -> &'static str {
        "syslog"
    }

    fn send<'a>(&'a mut self, records: &'a [Record]) -> Sending<'a> {
        Box::pin(async move {
            let messages = records.iter().map(|record| self.message(record));
            let messages = messages.collect::<Result<_, String>>()?;
            self.write(messages).await
        })
    }

    fn checkpoint<'a>(&'a mut self, checkpoint: &'a Checkpoint) -> Sending<'a> {
        Box::pin(async move {
            let kind = (checkpoint.at.as_str(), "checkpoint");
            let message = message(&self.host, kind, &checkpoint.line());
            self.write(vec![message]).await
        })
    }
}

fn message(host: &str, (at, kind): (&str, &str), line: &str) -> String {
    let mut message = format!("<{PRIORITY}>1 {at} {host} sluicegate {} ", std::process::id());
    let printable = kind.chars().filter(char::is_ascii_graphic).take(MSGID_MAX);
    message.extend(printable);
    // No structured data: all of it is in the line. Writing to a string does not fail.
    let _ = write!(message, " - {line}");
    message
}

/// This machine's name as syslog has it: printable, or `-`.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    let printable =
        !name.is_empty() && name.len() <= 255 && name.bytes().all(|b| b.is_ascii_graphic());
    if printable { name.to_owned() } else { "-".to_owned() }
}

#[cfg(test)]
mod tests {
    use catalog::audit::Hash;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::*;

    fn record(number: u64) -> Record {
        let event = format!(
            "{{\"id\":\"{number}\",\"time\":\"2026-11-26T12:00:00Z\",\
             \"type\":\"io.sluicegate.subscription.approved.v1\",\"data\":{{}}}}"
        );
        Record { number, hash: Hash([7; 32]), event }
    }

    /// What follows the header.
    fn check(message: &str, number: u64) {
        let (header, line) = message.split_once(" - ").unwrap();
        let fields: Vec<_> = header.split(' ').collect();
        assert_eq!(&fields[..2], ["<109>1", "2026-11-26T12:00:00Z"]);
        assert_eq!((fields[3], fields[5]), ("sluicegate", "subscription.approved"));
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["number"], number);
        assert_eq!(line["hash"].as_str().map(str::len), Some(64));
    }

    #[test]
    fn addresses_are_read_or_refused_in_words() {
        let unix = Address::parse("unix:/dev/log").unwrap();
        assert_eq!(unix, Address::Unix("/dev/log".into()));
        assert_eq!(Address::parse("udp://[::1]:514").unwrap(), Address::Udp("[::1]:514".into()));
        assert_eq!(Address::parse("tcp://logs:601").unwrap(), Address::Tcp("logs:601".into()));
        for wrong in ["", "logs:514", "udp://logs", "tcp://:601", "unix:log", "tls://logs:6514"] {
            let error = Address::parse(wrong).unwrap_err().to_string();
            assert!(error.contains("audit.syslog.address"), "{error}");
        }
    }

    #[tokio::test]
    async fn datagrams_hold_a_record_each() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut sink = SyslogSink::new(Address::Unix(path.clone()));
        assert!(sink.send(&[record(1)]).await.is_err(), "nobody listens");
        let unix = UnixDatagram::bind(&path).unwrap();
        let mut large = record(2);
        large.event = large.event.replace("{}", &format!("{{\"x\":\"{}\"}}", "y".repeat(90_000)));
        sink.send(&[record(1), large]).await.unwrap();
        let mut buffer = vec![0; 100_000];
        for number in 1..=2 {
            let length = unix.recv(&mut buffer).await.unwrap();
            check(std::str::from_utf8(&buffer[..length]).unwrap(), number);
        }
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = udp.local_addr().unwrap().to_string();
        SyslogSink::new(Address::Udp(address)).send(&[record(3)]).await.unwrap();
        let length = udp.recv(&mut buffer).await.unwrap();
        check(std::str::from_utf8(&buffer[..length]).unwrap(), 3);
    }

    /// Reads one message whose octets are counted.
    async fn counted(stream: &mut TcpStream) -> String {
        let mut length = 0;
        loop {
            match stream.read_u8().await.unwrap() {
                b' ' => break,
                digit => length = length * 10 + usize::from(digit - b'0'),
            }
        }
        let mut message = vec![0; length];
        stream.read_exact(&mut message).await.unwrap();
        String::from_utf8(message).unwrap()
    }

    #[tokio::test]
    async fn octets_are_counted_over_tcp_and_a_server_that_went_is_noticed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut sink = SyslogSink::new(Address::Tcp(address));
        sink.send(&[record(1), record(2)]).await.unwrap();
        let (mut first, _) = listener.accept().await.unwrap();
        check(&counted(&mut first).await, 1);
        check(&counted(&mut first).await, 2);
        drop(first);
        // The end of the connection is there before the next record is.
        let socket = sink.socket.as_ref();
        let Some(Socket::Tcp(stream)) = socket else { panic!("it is not kept") };
        stream.readable().await.unwrap();
        sink.send(&[record(3)]).await.unwrap();
        let (mut second, _) = listener.accept().await.unwrap();
        check(&counted(&mut second).await, 3);
    }
}
