//! The compatibility suite: unmodified Kafka clients of many languages, each driven by a small
//! program that speaks the command contract of `tests/clients/README.md`. A scenario is written
//! once and runs with every client, direct against the real broker and through the gateway; the
//! results are compared and shown as a table.
//!
//! Nothing here knows a client library: that is what the programs are for.

pub mod allowed;
pub mod event;
pub mod install;
pub mod options;
pub mod program;
pub mod record;
pub mod scenario;
pub mod snippet;
pub mod suite;
pub mod table;
pub mod tap;
pub mod world;

/// A client library in one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Client {
    /// Java kafka-clients 4.2.0.
    Java42,
    /// Java kafka-clients 3.9.0.
    Java39,
    /// Java kafka-clients 2.8.2.
    Java28,
    /// librdkafka 2.16.0, through confluent-kafka 2.16.1.
    Rdkafka216,
    /// librdkafka 2.0.2, through confluent-kafka 2.0.2.
    Rdkafka20,
    /// franz-go 1.22.2.
    Franz,
    /// sarama 1.61.1.
    Sarama,
    /// segmentio kafka-go 0.4.51.
    Segmentio,
    /// kafkajs 2.2.4.
    Kafkajs,
    /// @platformatic/kafka 2.12.1.
    Platformatic,
    /// kafka-python 3.0.12.
    KafkaPython,
    /// aiokafka 0.14.0.
    Aiokafka,
    /// rskafka 0.6.0.
    Rskafka,
}

impl Client {
    /// All of them, in the table's order.
    pub const ALL: [Client; 13] = [
        Client::Java42,
        Client::Java39,
        Client::Java28,
        Client::Rdkafka216,
        Client::Rdkafka20,
        Client::Franz,
        Client::Sarama,
        Client::Segmentio,
        Client::Kafkajs,
        Client::Platformatic,
        Client::KafkaPython,
        Client::Aiokafka,
        Client::Rskafka,
    ];

    /// One of each of four languages: what every run of the tests tries.
    pub const CORE: [Client; 4] =
        [Client::Java42, Client::Rdkafka216, Client::Franz, Client::Kafkajs];

    /// Its name in tables and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Client::Java42 => "java-4.2",
            Client::Java39 => "java-3.9",
            Client::Java28 => "java-2.8",
            Client::Rdkafka216 => "librdkafka-2.16",
            Client::Rdkafka20 => "librdkafka-2.0",
            Client::Franz => "franz-go",
            Client::Sarama => "sarama",
            Client::Segmentio => "kafka-go",
            Client::Kafkajs => "kafkajs",
            Client::Platformatic => "platformatic",
            Client::KafkaPython => "kafka-python",
            Client::Aiokafka => "aiokafka",
            Client::Rskafka => "rskafka",
        }
    }

    /// The library's version: what its program must answer to `version`.
    pub fn version(self) -> &'static str {
        match self {
            Client::Java42 => "4.2.0",
            Client::Java39 => "3.9.0",
            Client::Java28 => "2.8.2",
            Client::Rdkafka216 => "2.16.0",
            Client::Rdkafka20 => "2.0.2",
            Client::Franz => "1.22.2",
            Client::Sarama => "1.61.1",
            Client::Segmentio => "0.4.51",
            Client::Kafkajs => "2.2.4",
            Client::Platformatic => "2.12.1",
            Client::KafkaPython => "3.0.12",
            Client::Aiokafka => "0.14.0",
            Client::Rskafka => "0.6.0",
        }
    }

    /// The client of that name.
    pub fn named(name: &str) -> Option<Client> {
        Client::ALL.into_iter().find(|client| client.name() == name)
    }
}

/// Where a program connects to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The real broker.
    Direct,
    /// The gateway in front of it.
    Gateway,
}

impl Side {
    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Side::Direct => "direct",
            Side::Gateway => "through the gateway",
        }
    }
}
