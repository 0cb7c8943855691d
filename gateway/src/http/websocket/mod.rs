//! The WebSocket door (RFC 6455): the same stream as the Server-Sent Events door, each event in a
//! frame of its own that is made once per image. `docs/websocket.md` specifies what is said.

pub mod frame;
mod handshake;
mod peer;
mod several;
mod tunnel;

use serde_json::json;

use super::problem::Problem;
use frame::Opcode;

pub use handshake::{Handshake, asked, head};
pub use peer::{Client, Hears};
pub use several::{Open, Several, Subscribe};
pub use tunnel::carry;

/// Close codes (RFC 6455 section 7.4.1, and from 4000 on ours).
pub mod code {
    /// The replica drains: connect again.
    pub const RESTART: u16 = 1012;
    /// Connect again later.
    pub const TRY_LATER: u16 = 1013;
    /// The credential's time is over.
    pub const EXPIRED: u16 = 4401;
    /// What was asked for cannot be given any more.
    pub const GONE: u16 = 4410;
    /// The client broke the protocol.
    pub const PROTOCOL: u16 = 1002;
    /// The client said something that is not understood.
    pub const POLICY: u16 = 1008;
    /// Too large.
    pub const TOO_LARGE: u16 = 1009;
    /// Text that is not UTF-8.
    pub const NOT_TEXT: u16 = 1007;
    /// A binary frame.
    pub const UNSUPPORTED: u16 = 1003;
}

/// Room for a cursor of a few partitions.
const CURSOR_BYTES: usize = 128;

/// Where the stream goes on after this.
pub fn cursor(out: &mut Vec<u8>, write_cursor: impl FnOnce(&mut Vec<u8>)) {
    // A cursor's letters need no escape.
    let mut text = Vec::with_capacity(CURSOR_BYTES);
    text.extend_from_slice(b"{\"cursor\":\"");
    write_cursor(&mut text);
    text.extend_from_slice(b"\"}");
    frame::whole(out, Opcode::Text, &text);
}

/// A question that must be answered.
pub fn ping(out: &mut Vec<u8>) {
    frame::whole(out, Opcode::Ping, b"");
}

/// The replica drains.
pub fn drain(out: &mut Vec<u8>) {
    frame::close(out, code::RESTART, "the gateway restarts: connect again with the last cursor");
}

/// The credential's time is over.
pub fn expire(out: &mut Vec<u8>) {
    frame::close(out, code::EXPIRED, "the ticket or credential is over: connect with another");
}

/// Why the stream cannot go on.
pub fn error(out: &mut Vec<u8>, problem: &Problem) {
    let document: serde_json::Value =
        serde_json::from_slice(&problem.document()).unwrap_or_default();
    frame::whole(out, Opcode::Text, json!({ "error": document }).to_string().as_bytes());
}

/// The end of a stream that cannot go on.
pub fn end(out: &mut Vec<u8>, problem: &Problem) {
    let code = match problem.kind().status {
        410 => code::GONE,
        _ => code::TRY_LATER,
    };
    frame::close(out, code, problem.kind().code);
}
