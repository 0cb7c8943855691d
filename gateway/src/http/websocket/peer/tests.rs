use futures_util::FutureExt;
use tungstenite::protocol::frame::coding::CloseCode;

use super::*;

/// A pipe's end as a connection.
pub struct Near(pub tokio::io::DuplexStream);

impl tokio::io::AsyncRead for Near {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}
impl tokio::io::AsyncWrite for Near {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
impl Connection for Near {
    fn reset(&self) {}
}

/// Ten events were sent.
#[derive(Default)]
struct Ten {
    acknowledged: Vec<u64>,
    busy: bool,
}

impl Hears for Ten {
    fn hear(&mut self, text: &str) -> Result<(), &'static str> {
        let Said { ack } = serde_json::from_str(text).map_err(|_| "not an acknowledgement")?;
        self.acknowledged.push(ack);
        (ack <= 10).then_some(()).ok_or(ACKNOWLEDGE)
    }

    fn is_busy(&self) -> bool {
        self.busy
    }
}

/// What a client is told and whether it ends, whoever hears.
fn output(client: &mut Client) -> Vec<u8> {
    Peer::<Ten>::output(client)
}

fn end(client: &Client) -> Option<End> {
    Peer::<Ten>::end(client)
}

/// A client that has received these bytes; what was acknowledged.
fn heard(bytes: &[u8]) -> (Client, Vec<u64>) {
    let mut client = Client::default();
    let mut ten = Ten::default();
    client.protocol.get_mut().input.extend_from_slice(bytes);
    client.listen(&mut ten);
    (client, ten.acknowledged)
}

/// A frame as a client writes it.
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [1, 2, 3, 4];
    let mut out = vec![first];
    match u8::try_from(payload.len()) {
        Ok(short @ 0..=125) => out.push(0x80 | short),
        _ => {
            out.push(0x80 | 126);
            out.extend_from_slice(&u16::try_from(payload.len()).unwrap().to_be_bytes());
        }
    }
    out.extend_from_slice(&MASK);
    out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    out
}

/// The code of the close frame that a client is told.
fn closed(bytes: &[u8]) -> u16 {
    let (mut client, _) = heard(bytes);
    assert_eq!(end(&client), Some(End::Closed), "{bytes:?}");
    let output = output(&mut client);
    assert_eq!(output[0], 0x88, "{output:?}");
    assert_eq!(output.len(), 2 + usize::from(output[1]), "one frame, and nothing after it");
    u16::from_be_bytes([output[2], output[3]])
}

#[test]
fn acknowledgements_are_heard_whole_and_in_parts() {
    let whole = masked(0x81, b"{\"ack\": 7}");
    assert_eq!(heard(&whole).1, [7]);
    let parts = [masked(0x01, b"{\"ack\""), masked(0x89, b"hi"), masked(0x80, b": 3}")].concat();
    let (mut client, acknowledged) = heard(&parts);
    assert_eq!(acknowledged, [3]);
    // The ping in between was answered.
    assert_eq!(output(&mut client), [&[0x8a, 2], &b"hi"[..]].concat());
    assert_eq!(end(&client), None);
    // Byte by byte.
    let mut client = Client::default();
    let mut ten = Ten::default();
    for byte in whole {
        client.protocol.get_mut().input.push(byte);
        client.listen(&mut ten);
    }
    assert_eq!(ten.acknowledged, [7]);
}

#[test]
fn who_breaks_the_rules_is_told_which() {
    assert_eq!(closed(&[0x81, 2, b'h', b'i']), code::PROTOCOL); // not masked
    assert_eq!(closed(&masked(0xc1, b"hi")), code::PROTOCOL); // compressed
    assert_eq!(closed(&masked(0x83, b"hi")), code::PROTOCOL); // no such frame
    assert_eq!(closed(&masked(0x80, b"hi")), code::PROTOCOL); // goes on from nothing
    assert_eq!(closed(&masked(0x09, b"")), code::PROTOCOL); // a ping in parts
    assert_eq!(closed(&masked(0x81, &[0xff, 0xfe])), code::NOT_TEXT);
    assert_eq!(closed(&masked(0x82, b"hi")), code::UNSUPPORTED);
    assert_eq!(closed(&masked(0x81, &[b' '; 5000])), code::TOO_LARGE);
    assert_eq!(closed(&masked(0x81, b"hello")), code::POLICY);
    assert_eq!(closed(&masked(0x81, b"{\"ack\": 11}")), code::POLICY); // more than was sent
    assert_eq!(closed(&masked(0x81, b"{\"ack\": 1, \"x\": 2}")), code::POLICY);
}

#[test]
fn a_close_is_answered_with_the_same_code() {
    let normal = u16::from(CloseCode::Normal).to_be_bytes();
    assert_eq!(closed(&masked(0x88, &normal)), 1000);
    let (mut client, _) = heard(&masked(0x88, b""));
    assert_eq!(output(&mut client), [0x88, 0]);
    assert_eq!(end(&client), Some(End::Closed));
}

#[test]
fn nothing_that_comes_is_a_panic() {
    let mut seed = 1u32;
    for _ in 0..5000 {
        let bytes: Vec<u8> = (0..40)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 24) as u8
            })
            .collect();
        heard(&bytes);
    }
}

/// What the client sent in one go is heard when it may be, though no more comes.
#[tokio::test(start_paused = true)]
async fn what_had_to_wait_is_heard() {
    use std::future::poll_fn;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    // Answers beyond their bound: the acknowledgement behind them waits.
    let (mut far, near) = tokio::io::duplex(1 << 16);
    let pings = masked(0x89, &[b'x'; 100]).repeat(100);
    far.write_all(&[pings, masked(0x81, b"{\"ack\": 7}")].concat()).await.unwrap();
    let (mut near, mut client, mut ten) = (Near(near), Client::default(), Ten::default());
    let mut pongs = 0;
    poll_fn(|context| {
        while ten.acknowledged.is_empty() {
            client.poll(&mut near, &mut ten, context).unwrap();
            pongs += output(&mut client).len() / 102;
            assert!(client.is_unheard(&ten) || !ten.acknowledged.is_empty());
        }
        Poll::Ready(())
    })
    .await;
    assert_eq!((pongs, ten.acknowledged.as_slice()), (100, [7].as_slice()));
    // And what comes while something else is done.
    far.write_all(&masked(0x81, b"{\"ack\": 8}")).await.unwrap();
    ten.busy = true;
    poll_fn(|context| {
        client.poll(&mut near, &mut ten, context).unwrap();
        Poll::Ready(())
    })
    .await;
    assert!(!client.is_unheard(&ten) && ten.acknowledged.len() == 1);
    ten.busy = false;
    assert!(client.is_unheard(&ten));
    poll_fn(|context| {
        client.poll(&mut near, &mut ten, context).unwrap();
        Poll::Ready(())
    })
    .await;
    assert_eq!(ten.acknowledged, [7, 8]);
    assert!(far.read(&mut [0; 1]).now_or_never().is_none());
}

/// What a client is told, and whether it is taken for gone, this long after the last time.
async fn after(client: &mut Client, time: Duration) -> (Vec<u8>, bool) {
    tokio::time::advance(time).await;
    Peer::<Ten>::takes(client);
    (output(client), Peer::<Ten>::is_silent(client))
}

const PING: [u8; 2] = [0x89, 0];

#[tokio::test(start_paused = true)]
async fn who_is_silent_is_asked_once_and_then_left() {
    let mut client = Client::default();
    let second = Duration::from_secs(1);
    assert_eq!(after(&mut client, PING_AFTER - second).await, (vec![], false));
    assert_eq!(after(&mut client, second).await, (PING.to_vec(), false));
    assert_eq!(after(&mut client, PONG_TIMEOUT).await, (vec![], false));
    assert_eq!(after(&mut client, second).await, (vec![], true));
    client.alive();
    assert_eq!(after(&mut client, PING_AFTER).await, (PING.to_vec(), false));
}

#[tokio::test(start_paused = true)]
async fn who_takes_nothing_may_be_silent_as_long() {
    let mut client = Client::default();
    assert_eq!(after(&mut client, PING_AFTER).await, (PING.to_vec(), false));
    Peer::<Ten>::blocks(&mut client);
    assert_eq!(after(&mut client, PONG_TIMEOUT * 2).await, (vec![], false));
    assert_eq!(after(&mut client, PING_AFTER).await, (PING.to_vec(), false));
    assert_eq!(after(&mut client, PONG_TIMEOUT * 2).await, (vec![], true));
}
