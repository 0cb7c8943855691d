//! What no Kafka client sends: frames whose lengths, counts, varints, names and versions lie, each
//! with what becomes of who sends it. Batches that lie are made by the scripted broker.

use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::expect::within;
use crate::scripted_broker::Batch;

/// How long a connection may take to be closed, or an answer to come.
const LIMIT: Duration = Duration::from_secs(5);
/// Larger answers are an error of the test.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// At which time a frame is hostile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Before and after the login.
    Always,
    /// Within the limits of a greeting only.
    Greeting,
    /// After the login: before it nobody looks so far.
    LoggedIn,
}

/// What becomes of who sends a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The connection is closed without an answer.
    Closed,
    /// It is answered; the error code stands at this place of the answer, after its length. The
    /// connection goes on.
    Told(usize, i16),
}

/// One hostile frame.
#[derive(Clone, Debug)]
pub struct Hostile {
    /// Its name.
    pub name: &'static str,
    /// When it is sent.
    pub when: When,
    /// All of its bytes, the length included.
    pub bytes: Vec<u8>,
    /// What becomes of its sender.
    pub fate: Fate,
}

/// A request with a true length. From `flexible` on the header ends with tagged fields.
fn request(api: i16, version: i16, flexible: bool, body: &[u8]) -> Vec<u8> {
    let mut frame = [api.to_be_bytes(), version.to_be_bytes()].concat();
    frame.extend(CORRELATION.to_be_bytes());
    frame.extend([0xff, 0xff]);
    if flexible {
        frame.push(0);
    }
    frame.extend_from_slice(body);
    framed(&frame)
}

fn framed(frame: &[u8]) -> Vec<u8> {
    let length = u32::try_from(frame.len()).expect("a frame").to_be_bytes();
    [&length[..], frame].concat()
}

const CORRELATION: i32 = 7;
/// Four billion, as a varint of five bytes.
const ENDLESS: [u8; 5] = [0xff, 0xff, 0xff, 0xff, 0x0f];
/// Where the code stands in an answer whose body begins with it, with a header of version 0.
const FIRST: usize = 4;
/// Where it stands after a throttle time.
const THROTTLED: usize = 8;

/// All of them; `topic` may be written to by who logs in.
pub fn frames(topic: &str) -> Vec<Hostile> {
    let mut all = no_frames();
    all.extend(headers());
    all.extend(counts());
    all.extend(varints());
    all.extend(versions());
    all.extend(groups());
    all.extend(batches(topic));
    all
}

fn hostile(name: &'static str, when: When, bytes: Vec<u8>, fate: Fate) -> Hostile {
    Hostile { name, when, bytes, fate }
}

fn closed(name: &'static str, bytes: Vec<u8>) -> Hostile {
    hostile(name, When::Always, bytes, Fate::Closed)
}

/// Bytes that are no frames, and lengths that are none.
fn no_frames() -> Vec<Hostile> {
    let over = |bytes: u32| [&bytes.to_be_bytes()[..], &[0, 3, 0, 4]].concat();
    vec![
        closed("http", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec()),
        closed("tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
        closed("length 2 GiB", i32::MAX.to_be_bytes().to_vec()),
        closed("length -1", (-1i32).to_be_bytes().to_vec()),
        closed("length least", i32::MIN.to_be_bytes().to_vec()),
        closed("frame of 0 bytes", framed(&[])),
        closed("frame of 1 byte", framed(&[0])),
        closed("frame of 3 bytes", framed(&[0, 18, 0])),
        hostile("greeting over 48 KiB", When::Greeting, over(48 * 1024 + 1), Fate::Closed),
        hostile("metadata over 8 MiB", When::LoggedIn, over(8 * 1024 * 1024 + 1), Fate::Closed),
    ]
}

/// Headers that end early or name themselves badly.
fn headers() -> Vec<Hostile> {
    let named = |length: i16, name: &[u8]| {
        let mut frame = vec![0, 18, 0, 0, 0, 0, 0, 7];
        frame.extend(length.to_be_bytes());
        frame.extend_from_slice(name);
        framed(&frame)
    };
    vec![
        closed("header of 4 bytes", framed(&[0, 18, 0, 0])),
        closed("header without client id", framed(&[0, 18, 0, 0, 0, 0, 0, 7])),
        closed("client id longer than the frame", named(i16::MAX, b"me")),
        closed("client id of length -2", named(-2, b"me")),
        closed("client id not UTF-8", named(2, b"\xff\xfe")),
        hostile(
            "client id of 32 KiB",
            When::Always,
            named(i16::MAX, &vec![b'c'; 0x7fff]),
            Fate::Told(FIRST, 0),
        ),
        closed("header tags 4 billion", framed(&header_tags(&ENDLESS))),
        closed("header tags endless varint", framed(&header_tags(&[0xff; 12]))),
        closed("header tag longer than the frame", framed(&header_tags(&[1, 0, 0x7f]))),
    ]
}

/// ApiVersions 3 up to its header's tags.
fn header_tags(tags: &[u8]) -> Vec<u8> {
    [&[0, 18, 0, 3, 0, 0, 0, 7, 0xff, 0xff][..], tags].concat()
}

/// Counts that no bytes back: 154 GB in nine bytes.
fn counts() -> Vec<Hostile> {
    let logged_in = |name, bytes| hostile(name, When::LoggedIn, bytes, Fate::Closed);
    let most = [&i32::MAX.to_be_bytes()[..], &[0; 5]].concat();
    let group = [&[0, 1, b'g'][..], &i32::MAX.to_be_bytes()].concat();
    // JoinGroup 0: time-out, no member, the type, and its protocols.
    let join = [&[0, 1, b'g', 0, 0, 0x27, 0x10, 0, 0, 0, 1, b'c'][..], &most].concat();
    let fetch = [&[0xff; 4][..], &[0; 8], &[0, 0, 0, 1, 0], &most].concat();
    let produce = [&[0xff; 2][..], &[0xff; 2], &[0, 0, 3, 0xe8], &most].concat();
    vec![
        logged_in("Metadata of 2³¹-1 topics in 9 bytes", request(3, 4, false, &most)),
        logged_in("Metadata of -2 topics", request(3, 4, false, &[0xff, 0xff, 0xff, 0xfe])),
        logged_in("Metadata of 4 billion topics, compact", request(3, 12, true, &ENDLESS)),
        logged_in("Metadata of a million topics in 20 bytes", request(3, 4, false, &million())),
        logged_in("Fetch", request(1, 4, false, &fetch)),
        logged_in("Produce", request(0, 3, false, &produce)),
        logged_in("JoinGroup", request(11, 0, false, &join)),
        logged_in("OffsetFetch", request(9, 1, false, &group)),
        logged_in("DescribeGroups", request(15, 0, false, &i32::MAX.to_be_bytes())),
        logged_in("FindCoordinator", request(10, 4, true, &[&[0][..], &ENDLESS].concat())),
        logged_in("ListGroups of a million states", request(16, 4, true, &states())),
    ]
}

fn million() -> Vec<u8> {
    [&1_000_000i32.to_be_bytes()[..], &[0; 16]].concat()
}

/// A million empty strings: a megabyte here, thirty of them decoded.
fn states() -> Vec<u8> {
    // 1,000,001 as a varint.
    [&[0xc1, 0x84, 0x3d][..], &vec![1; 1_000_000], &[0]].concat()
}

/// Varints and tagged fields in bodies.
fn varints() -> Vec<Hostile> {
    let named = |tags: &[u8]| {
        let body = [&[2, b'a', 2, b'1'][..], tags].concat();
        request(18, 3, true, &body)
    };
    let many: Vec<u8> = (0..100).flat_map(|tag| [tag, 0]).collect();
    vec![
        closed("tags 4 billion", named(&ENDLESS)),
        closed("tags endless varint", named(&[0xff; 12])),
        closed("tag twice", named(&[2, 9, 0, 9, 0])),
        closed("tag longer than the message", named(&[1, 9, 5, 0])),
        closed("a hundred tags", named(&[&[100][..], &many].concat())),
        closed("text of 4 billion bytes", request(18, 3, true, &ENDLESS)),
        closed("text of more than 32 bits", request(18, 3, true, &[0xff, 0xff, 0xff, 0xff, 0x7f])),
    ]
}

/// APIs and versions that nobody serves.
fn versions() -> Vec<Hostile> {
    const UNSUPPORTED_VERSION: i16 = 35;
    let logged_in = |name, bytes| hostile(name, When::LoggedIn, bytes, Fate::Closed);
    let told = |name, version| {
        let bytes = request(18, version, false, &[]);
        hostile(name, When::Always, bytes, Fate::Told(FIRST, UNSUPPORTED_VERSION))
    };
    vec![
        closed("API -1", request(-1, 0, false, &[])),
        closed("API 999", request(999, 0, false, &[])),
        closed("API most", request(i16::MAX, 0, false, &[])),
        told("ApiVersions 32767", i16::MAX),
        told("ApiVersions -1", -1),
        told("ApiVersions 5", 5),
        logged_in("Metadata -1", request(3, -1, false, &[0; 8])),
        logged_in("Metadata 14", request(3, 14, true, &[0; 8])),
        logged_in("Fetch 18", request(1, 18, true, &[0; 32])),
        logged_in("Produce 2", request(0, 2, false, &[0; 16])),
        logged_in("CreateTopics", request(19, 5, true, &[0; 8])),
        logged_in("ConsumerGroupHeartbeat", request(68, 0, true, &[0; 16])),
        logged_in("ShareFetch", request(78, 1, true, &[0; 16])),
        logged_in("LeaderAndIsr", request(4, 0, false, &[0; 16])),
    ]
}

/// Groups with names that are none, or somebody else's. Heartbeats: the code is the answer's first
/// field after a throttle time.
fn groups() -> Vec<Hostile> {
    const INVALID_GROUP_ID: i16 = 24;
    const UNKNOWN_MEMBER_ID: i16 = 25;
    let beat = |name: &[u8]| {
        let length = u16::try_from(name.len()).expect("a name").to_be_bytes();
        let body = [&length[..], name, &[0, 0, 0, 1, 0, 1, b'm']].concat();
        request(12, 1, false, &body)
    };
    let told = |name, group: &[u8], code| {
        hostile(name, When::LoggedIn, beat(group), Fate::Told(THROTTLED, code))
    };
    vec![
        hostile("group not UTF-8", When::LoggedIn, beat(b"\xff\xfe"), Fate::Closed),
        told("group without a name", b"", INVALID_GROUP_ID),
        told("group of 5,000 bytes", &[b'g'; 5_000], INVALID_GROUP_ID),
        told("group with our separator", b"../../main/other/g", UNKNOWN_MEMBER_ID),
        told("group with control characters", b"g\0\r\n\x1b[31m", UNKNOWN_MEMBER_ID),
    ]
}

/// Batches that a broker would choke on, or only brokers write. Produce 7 with one partition: the
/// code stands behind the counts, the topic's name and the partition's index.
fn batches(topic: &str) -> Vec<Hostile> {
    const INVALID_RECORD: i16 = 87;
    const UNSUPPORTED_COMPRESSION_TYPE: i16 = 76;
    let told = |name, batch: &[u8], code| {
        let place = 4 + 4 + 2 + topic.len() + 4 + 4;
        hostile(name, When::LoggedIn, produce(topic, batch), Fate::Told(place, code))
    };
    let good = || Batch::of(&["{}"]).bytes(0, -1);
    let with = |at: usize, bytes: &[u8]| {
        let mut batch = good();
        batch[at..at + bytes.len()].copy_from_slice(bytes);
        batch
    };
    let most = &i32::MAX.to_be_bytes();
    let mut alone = with(COUNT_AT, most)[..HEADER_BYTES].to_vec();
    alone[LENGTH_AT..LENGTH_AT + 4].copy_from_slice(&49i32.to_be_bytes());
    vec![
        told("2³¹-1 records in 61 bytes", &alone, INVALID_RECORD),
        told("2³¹-1 records in one", &with(COUNT_AT, most), INVALID_RECORD),
        told("-1 records", &with(COUNT_AT, &[0xff; 4]), INVALID_RECORD),
        told("a batch of 60 bytes", &good()[..60], INVALID_RECORD),
        told("no batch", &[], INVALID_RECORD),
        told("two batches", &[good(), good()].concat(), INVALID_RECORD),
        told("a batch longer than the field", &with(LENGTH_AT, most), INVALID_RECORD),
        told("a batch of negative length", &with(LENGTH_AT, &[0xff; 4]), INVALID_RECORD),
        told("magic 0", &with(MAGIC_AT, &[0]), INVALID_RECORD),
        told("magic 1", &with(MAGIC_AT, &[1]), INVALID_RECORD),
        told("magic 3", &with(MAGIC_AT, &[3]), INVALID_RECORD),
        told("a control batch", &with(ATTRIBUTES_AT, &[0, 0x20]), INVALID_RECORD),
        told("codec 7", &with(ATTRIBUTES_AT, &[0, 7]), UNSUPPORTED_COMPRESSION_TYPE),
    ]
}

const HEADER_BYTES: usize = 61;
const LENGTH_AT: usize = 8;
const MAGIC_AT: usize = 16;
const ATTRIBUTES_AT: usize = 21;
const COUNT_AT: usize = 57;

fn produce(topic: &str, batch: &[u8]) -> Vec<u8> {
    let size = |bytes: &[u8]| u32::try_from(bytes.len()).expect("small").to_be_bytes();
    let name = u16::try_from(topic.len()).expect("a name").to_be_bytes();
    let mut body = vec![0xff, 0xff, 0xff, 0xff, 0, 0, 3, 0xe8];
    body.extend([0, 0, 0, 1]);
    body.extend(name);
    body.extend_from_slice(topic.as_bytes());
    body.extend([0, 0, 0, 1, 0, 0, 0, 0]);
    body.extend(size(batch));
    body.extend_from_slice(batch);
    request(0, 7, false, &body)
}

impl Hostile {
    /// Whether it is sent before, or after a login.
    pub fn is_sent(&self, logged_in: bool) -> bool {
        match self.when {
            When::Always => true,
            When::Greeting => !logged_in,
            When::LoggedIn => logged_in,
        }
    }

    /// Sends it; an error says what came instead of its fate.
    pub async fn try_on<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        socket: &mut S,
    ) -> anyhow::Result<()> {
        // Who is cut off while it still sends is cut off all the same.
        let sent = socket.write_all(&self.bytes).await;
        match self.fate {
            Fate::Closed => {
                let mut byte = [0];
                let read = within(LIMIT, self.name, socket.read(&mut byte)).await?;
                anyhow::ensure!(matches!(read, Ok(0) | Err(_)), "{}: it is answered", self.name);
            }
            Fate::Told(place, code) => {
                sent?;
                let answered = within(LIMIT, self.name, answer(socket)).await?;
                let answered = answered.with_context(|| format!("{}: no answer", self.name))?;
                let told = answered.get(place..place + 2).and_then(|two| two.try_into().ok());
                let told = told.map(i16::from_be_bytes);
                anyhow::ensure!(told == Some(code), "{}: {told:?}, not {code}", self.name);
                let correlation = answered.first_chunk().map(|four| i32::from_be_bytes(*four));
                anyhow::ensure!(correlation == Some(CORRELATION), "{}: another's", self.name);
            }
        }
        Ok(())
    }
}

async fn answer<S: AsyncRead + Unpin>(socket: &mut S) -> anyhow::Result<Vec<u8>> {
    let length = usize::try_from(socket.read_i32().await?)?;
    anyhow::ensure!(length <= ANSWER_BYTES_MAX, "an answer of {length} bytes");
    let mut answer = vec![0; length];
    socket.read_exact(&mut answer).await?;
    Ok(answer)
}
