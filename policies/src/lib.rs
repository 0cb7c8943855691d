//! What may be done to a record: rules as people write them, compiled to a chain that turns a
//! record into its redacted or filtered image. Pure: no waiting, no clock, no logging, no panics.

mod chain;
mod compile;
mod fingerprint;
mod record;
mod spec;
mod verdict;

pub mod payload;

pub use chain::{Chain, Part, Scratch};
pub use compile::{CompileContext, CompileError, HashKey, compile};
pub use fingerprint::Fingerprint;
pub use record::{HeaderView, RecordView};
pub use spec::Rule;
pub use verdict::{DropReason, Verdict, Withheld};
