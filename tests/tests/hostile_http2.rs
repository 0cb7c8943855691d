//! What no HTTP/2 client sends: floods of resets, continuations, settings and pings, headers that
//! unpack to more than they are, bodies that never come. Each attack ends with its connection or is
//! held back by it; the process keeps its memory, and who behaves reads on meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tests::gateway::Options;
use tests::http::{Connection, Socket};
use tests::orders::Orders;
use tests::scripted_broker::{Batch, ScriptedBroker};
use tests::sse::Stream;
use tests::{eventually, run, say};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long anything may take that is waited for.
const LIMIT: Duration = Duration::from_secs(30);
/// How long an attack goes on that does not end by itself.
const ATTACK: Duration = Duration::from_secs(3);
/// Attackers of one kind at once.
const ATTACKERS: usize = 4;
/// Between two events of the stream that is read meanwhile.
const EVENT_EVERY: Duration = Duration::from_millis(5);
/// The part of the events that must have come when an attack ends.
const SERVED_MIN: f64 = 0.9;
/// An attack that is over sooner says nothing about that.
const FEW: u64 = 50;
/// How much more memory the process may have after all attacks.
const GROWTH_MAX: u64 = 96 << 20;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("short").to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// A literal field that is not kept; names and values shorter than 127 bytes.
fn literal(name: &str, value: &str) -> Vec<u8> {
    let mut field = vec![0];
    for text in [name, value] {
        field.push(u8::try_from(text.len()).expect("short"));
        field.extend_from_slice(text.as_bytes());
    }
    field
}

/// The block of a request, by indices of the static table.
fn request(method: u8, path: &str) -> Vec<u8> {
    let mut block = vec![0x80 | method, 0x86];
    block.extend(literal(":path", path));
    block.extend(literal(":authority", "x"));
    block
}

const GET: u8 = 2;
const POST: u8 = 3;

/// What an attacker sends after the preface, again and again; `n` counts.
type Sends = fn(n: u32) -> Vec<u8>;

/// An attack, and whether the connection must end by it.
struct Attack {
    name: &'static str,
    sends: Sends,
    ends: bool,
}

const ATTACKS: [Attack; 8] = [
    Attack {
        name: "rapid reset",
        sends: |n| {
            let stream = 2 * n + 1;
            let headers = request(GET, "/v1/endpoints/orders/events");
            [
                frame(HEADERS, END_STREAM | END_HEADERS, stream, &headers),
                frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()),
            ]
            .concat()
        },
        ends: true,
    },
    Attack {
        name: "resets that the server is made to send",
        sends: |n| {
            let stream = 2 * n + 1;
            let headers = request(POST, "/v1/tickets");
            [
                frame(HEADERS, END_HEADERS, stream, &headers),
                frame(WINDOW_UPDATE, 0, stream, &0_u32.to_be_bytes()),
            ]
            .concat()
        },
        ends: true,
    },
    Attack {
        name: "headers without an end",
        sends: |n| match n {
            0 => frame(HEADERS, 0, 1, &request(GET, "/")),
            _ => frame(CONTINUATION, 0, 1, &literal("x-more", &"y".repeat(100)).repeat(100)),
        },
        ends: true,
    },
    Attack {
        name: "empty continuations",
        sends: |n| match n {
            0 => frame(HEADERS, 0, 1, &request(GET, "/")),
            _ => frame(CONTINUATION, 0, 1, &[]),
        },
        ends: true,
    },
    Attack {
        name: "headers that unpack",
        // A field of 4,000 bytes that is kept, and one byte for each time it is meant.
        sends: |n| {
            let mut block = request(GET, "/");
            if n == 0 {
                block.extend([0x40, 1, b'x', 0x7f, 0xa1, 0x1e]);
                block.extend([b'y'; 4_000]);
            }
            block.extend([0xbe; 4_000]);
            frame(HEADERS, END_STREAM | END_HEADERS, 2 * n + 1, &block)
        },
        ends: true,
    },
    Attack { name: "settings", sends: |_| frame(SETTINGS, 0, 0, &[]).repeat(100), ends: false },
    Attack { name: "pings", sends: |_| frame(PING, 0, 0, &[0; 8]).repeat(100), ends: false },
    Attack {
        name: "empty data",
        sends: |n| match n {
            0 => frame(HEADERS, END_HEADERS, 1, &request(POST, "/v1/tickets")),
            _ => frame(DATA, 0, 1, &[]).repeat(100),
        },
        ends: true,
    },
];

/// How a connection ended: by the server with this code, or not at all.
#[derive(Debug, PartialEq, Eq)]
enum Ended {
    Told(u32),
    Closed,
    Held,
}

/// Attacks over one connection without reading, then reads how it ended.
async fn attack(address: &str, sends: Sends) -> anyhow::Result<Ended> {
    let mut socket = TcpStream::connect(address).await?;
    socket.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await?;
    socket.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
    let end = Instant::now() + ATTACK;
    for n in 0.. {
        let left = end.saturating_duration_since(Instant::now());
        // It is held back when nothing is taken any more.
        if left.is_zero() || !matches!(timeout(left, socket.write_all(&sends(n))).await, Ok(Ok(())))
        {
            break;
        }
    }
    let ended = async {
        let mut head = [0; 9];
        loop {
            socket.read_exact(&mut head).await?;
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; usize::try_from(length).unwrap_or_default()];
            socket.read_exact(&mut payload).await?;
            if head[3] == GOAWAY && payload.len() >= 8 {
                let code = [payload[4], payload[5], payload[6], payload[7]];
                return std::io::Result::Ok(u32::from_be_bytes(code));
            }
        }
    };
    Ok(match timeout(ATTACK, ended).await {
        Err(_) => Ended::Held,
        Ok(Ok(code)) => Ended::Told(code),
        Ok(Err(_)) => Ended::Closed,
    })
}

/// A stream that is read while events are written for it.
struct Traffic {
    // Goes with this, not with who writes.
    _broker: Arc<ScriptedBroker>,
    written: Arc<AtomicU64>,
    read: Arc<AtomicU64>,
    writer: JoinHandle<()>,
    reader: JoinHandle<()>,
}

impl Traffic {
    fn start(broker: ScriptedBroker, mut stream: Stream) -> Traffic {
        let (written, read) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (writes, reads) = (Arc::clone(&written), Arc::clone(&read));
        let broker = Arc::new(broker);
        let writes_to = Arc::clone(&broker);
        let reader = tokio::spawn(async move {
            while stream.records(1, LIMIT).await.is_ok() {
                reads.fetch_add(1, Ordering::AcqRel);
            }
        });
        let writer = tokio::spawn(async move {
            let mut beats = tokio::time::interval(EVENT_EVERY);
            loop {
                beats.tick().await;
                writes_to.append("orders", 0, &Batch::of(&["{}"]));
                writes.fetch_add(1, Ordering::AcqRel);
            }
        });
        Traffic { _broker: broker, written, read, writer, reader }
    }

    /// Events that were written, and read.
    fn counts(&self) -> (u64, u64) {
        (self.written.load(Ordering::Acquire), self.read.load(Ordering::Acquire))
    }

    /// Writes no more, and waits until everything is read.
    async fn end(self) -> anyhow::Result<()> {
        self.writer.abort();
        eventually(LIMIT, "all events are read", || async {
            let (written, read) = self.counts();
            (written == read).then_some(())
        })
        .await?;
        self.reader.abort();
        Ok(())
    }
}

#[test]
fn floods_end_or_are_held_back_and_others_read_on() {
    run(240, async {
        let Orders { broker, gateway, secret } = Orders::start(Options::default()).await?;
        let stream = gateway.events("orders").bearer(&secret).from("earliest").open().await?;
        let traffic = Traffic::start(broker, stream);
        let before = gateway.resident_bytes()?;
        for Attack { name, sends, ends } in ATTACKS {
            let address = gateway.address();
            let (written, read) = traffic.counts();
            let attackers = (0..ATTACKERS).map(|_| attack(&address, sends));
            let ended = futures_util::future::try_join_all(attackers).await?;
            let (due, served) = traffic.counts();
            let (due, served) = (due - written, served - read);
            say(&format!("{name}: {ended:?}; {served} of {due} events were read meanwhile"));
            assert!(!ends || !ended.contains(&Ended::Held), "{name}: {ended:?}");
            let part = served as f64 / due.max(1) as f64;
            assert!(part >= SERVED_MIN || due < FEW, "{name}: {served} of {due} events");
            assert!(gateway.is_running(), "{name}");
        }
        let growth = gateway.resident_bytes()?.saturating_sub(before);
        assert!(growth < GROWTH_MAX, "{growth} bytes more");
        traffic.end().await?;
        assert!(!gateway.output().contains(&secret));
        Ok(())
    });
}

#[test]
fn bodies_that_do_not_come_or_are_packed_are_refused() {
    run(90, async {
        let Orders { broker: _broker, gateway, secret } = Orders::start(Options::default()).await?;
        let head = format!(
            "POST /v1/tickets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n\
             Content-Type: application/json\r\n"
        );
        for (name, rest, wanted) in [
            ("a slow body", "Content-Length: 100\r\n\r\n{", 408),
            ("a packed body", "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x1f", 415),
            ("a body that is too large", "Content-Length: 100000000\r\n\r\n", 413),
        ] {
            let socket = Socket::connect(&gateway.address(), None).await?;
            let mut connection = Connection::new(socket);
            connection.send(format!("{head}{rest}").as_bytes()).await?;
            if wanted == 413 {
                // It may answer before it has everything.
                let _ = connection.send(&[b' '; 64 * 1024]).await;
            }
            let head = tests::expect::within(LIMIT, name, connection.head()).await??;
            assert_eq!(head.status, wanted, "{name}");
        }
        Ok(())
    });
}
