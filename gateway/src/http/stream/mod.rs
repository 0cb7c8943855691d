//! A stream of events for HTTP doors: a reader's frames, cut at event boundaries, with the
//! subscriber's own cursors between them. What the doors say differently is their dialect.

mod body;
mod counters;
mod credit;
mod cut;
mod dialect;
mod gzip;
#[cfg(test)]
pub mod script;
mod source;
mod state;
mod write;

pub use body::StreamBody;
pub use counters::Counters;
pub use credit::Credit;
pub use cut::{Cut, GRACE};
pub use dialect::Dialect;
pub use source::Source;
pub use state::{Chunk, End, Stream};
pub use write::{Connection, Outgoing, Peer, Silent, write_stream};
