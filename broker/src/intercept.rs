//! What a program may do to the broker's conversations: see each request, and change what comes of
//! it. A broker that nobody intercepts behaves.

use std::time::Duration;

use kafka_protocol::messages::{ApiKey, RequestHeader, RequestKind};

/// A request that has come.
pub struct Arrived<'a> {
    /// On which connection, counted from 1.
    pub connection: u64,
    /// Its header.
    pub header: &'a RequestHeader,
    /// Its API.
    pub api: ApiKey,
    /// Its body; `None`: it cannot be decoded.
    pub request: Option<&'a RequestKind>,
}

/// Sees every request before it is answered.
pub trait Interceptor: Send + Sync {
    /// What shall become of a request.
    fn meet(&self, arrived: &Arrived<'_>) -> Plan;
}

/// A change to bytes.
pub type Edit = Box<dyn FnOnce(&mut Vec<u8>) + Send>;

/// What becomes of one request. By default it is answered.
#[derive(Default)]
pub struct Plan {
    /// What is done first.
    pub first: First,
    /// Changes the answer's body, after its header.
    pub body: Option<Edit>,
    /// Changes the whole frame: length, correlation id, body.
    pub frame: Option<Edit>,
    /// Sends the frame one byte at a time, with a pause between them.
    pub pace: Option<Duration>,
    /// Closes the connection after the frame.
    pub last: bool,
}

/// What is done with a request first.
#[derive(Default)]
pub enum First {
    /// It is answered.
    #[default]
    Answer,
    /// It is answered with this code, and nothing is done.
    Refuse(i16),
    /// It is answered after that time.
    Delay(Duration),
    /// It is never answered; the connection stays open until the client closes it.
    Hold,
    /// The connection is closed.
    Close,
}
