//! What the Kafka benchmarks have in common: the stand with its sides, data, and the clients that
//! measure. Nothing here judges a figure: that is done by the rows.

pub mod data;
pub mod librdkafka;
pub mod perf_tools;
pub mod raw_client;
pub mod rounds;
pub mod stand;
pub mod synthetic;

pub use rounds::Rounds;
pub use stand::{Side, Stand};
