//! What the broker keeps: topics with partitions of raw record batches, in memory. Pure: no
//! sockets, no clock (times are given), no waiting.

mod batch;
mod config;
mod partition;
mod producers;
mod topics;

pub use partition::{Partition, Stored};
pub use topics::{Refused, Topic, Topics};

pub(crate) use batch::{Incoming, Terms};
pub(crate) use config::{BROKER, Config, TOPIC};
pub(crate) use topics::is_name;

#[cfg(test)]
mod tests;
