//! Where the audit is sent: a file, syslog, a Kafka topic; and what of it is told to people, by
//! mail and to other programs. Each keeps what it is given before it says so; who sends, in which
//! order and from where on is decided in the catalog.

mod file;
mod kafka;
mod mail;
mod notices;
mod reduced;
mod syslog;
mod webhook;

pub use file::FileSink;
pub use kafka::KafkaSink;
pub use mail::{MailServer, MailSink, MailTls};
pub use syslog::{Address, SyslogSink};
pub use webhook::WebhookSink;
