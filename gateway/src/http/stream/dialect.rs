//! What the doors say differently about the same stream. Events are in the image's frames already.

use catalog::model::Door;

use crate::http::problem::Problem;
use crate::http::{sse, websocket};

/// The door that a stream speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Server-Sent Events.
    Sse,
    /// WebSocket.
    WebSocket,
    /// One of several on a WebSocket, which is kept alive and ended beside it.
    Part,
}

impl Dialect {
    /// The door's name in the catalog.
    pub fn door(self) -> Door {
        match self {
            Self::Sse => Door::Sse,
            Self::WebSocket | Self::Part => Door::Websocket,
        }
    }

    /// Before the first cursor.
    pub fn begin(self, out: &mut Vec<u8>) {
        if self == Self::Sse {
            sse::retry(out);
        }
    }

    /// Where the stream goes on after this.
    pub fn cursor(self, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        match self {
            Self::Sse => sse::id(out, write),
            Self::WebSocket | Self::Part => websocket::cursor(out, write),
        }
    }

    /// A sign of life, before a cursor.
    pub fn heartbeat(self, out: &mut Vec<u8>) {
        match self {
            Self::Sse => sse::heartbeat(out),
            // The client is asked whether it is there, events or not.
            Self::WebSocket | Self::Part => {}
        }
    }

    /// The credential's time is over. An event stream just ends: who asks again is told why.
    pub fn expire(self, out: &mut Vec<u8>) {
        match self {
            Self::WebSocket => websocket::expire(out),
            Self::Sse | Self::Part => {}
        }
    }

    /// Why the stream cannot go on.
    pub fn error(self, out: &mut Vec<u8>, problem: &Problem) {
        match self {
            Self::Sse => sse::error(out, problem),
            Self::WebSocket => {
                websocket::error(out, problem);
                websocket::end(out, problem);
            }
            Self::Part => websocket::error(out, problem),
        }
    }

    /// The end of a replica that drains, around the last cursor.
    pub fn drain(self, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        self.begin(out);
        self.cursor(out, write);
        if self == Self::WebSocket {
            websocket::drain(out);
        }
    }
}
