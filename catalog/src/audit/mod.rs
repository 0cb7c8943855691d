//! Who did what, kept so that tampering shows.
//!
//! Every change of the catalog leaves records in the same transaction: without them there is no
//! change. A record is a CloudEvent (1.0) in a chain of hashes: whoever takes one out, puts one in,
//! changes or moves one breaks the chain behind it. Checkpoints, signed with Ed25519 by a key that
//! the master key seals, say where the chain stood: whoever has one elsewhere notices when the end
//! was cut off. Records hold names and members of resources, never an event's payload and never a
//! secret.

mod chain;
mod checkpoint;
mod differences;
mod entry;
mod line;
mod send;
mod told;
mod types;
mod verify;

pub use chain::{Hash, Record};
pub use checkpoint::Checkpoint;
pub use send::{Sending, Sink, SinkStatus, SinkTask, start as send_to};
pub use types::{EventType, markdown as types_in_markdown, types};
pub use verify::{Fault, Verified, Verifier};

pub(crate) use chain::Head;
pub(crate) use checkpoint::{SIGNING_KEY, Signer};
pub(crate) use entry::Entry;
pub(crate) use told::{told, verb_of};

/// Checkpoints are kept at the end of each so many records; between them only the latest is.
pub const CHECKPOINT_EVERY: u64 = 1_000;
