//! Where the audit is sent: a file, syslog, a Kafka topic. Each keeps what it is given before it
//! says so; who sends, in which order and from where on is decided in the catalog.

mod file;
mod kafka;
mod reduced;
mod syslog;

pub use file::FileSink;
pub use kafka::KafkaSink;
pub use syslog::{Address, SyslogSink};
