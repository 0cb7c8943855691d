//! Every bound of the broker. Whoever crosses one is refused in Kafka's words, or waits.

use std::time::Duration;

/// Open connections; more wait in the listener's backlog.
pub const CONNECTIONS_MAX: usize = 1_000;
/// Bytes of a request's frame; a larger one ends its connection.
pub const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Frames read ahead of the one that is answered.
pub const FRAMES_AHEAD_MAX: usize = 1;
/// A connection that asks nothing for so long is closed, as brokers do.
pub const IDLE_MAX: Duration = Duration::from_secs(600);
/// How long a TLS handshake may take.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one write to a client may take.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(60);

/// Topics.
pub const TOPICS_MAX: usize = 1_000;
/// Partitions of one topic.
pub const PARTITIONS_MAX: usize = 1_000;
/// Characters of a topic's name, as in Kafka.
pub const NAME_CHARS_MAX: usize = 249;
/// Bytes of record batches that a partition keeps; its oldest go first.
pub const PARTITION_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of record batches that all partitions keep together.
pub const LOG_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Bytes of a batch after decompression; a producer's larger one is refused.
pub const BATCH_BYTES_MAX: usize = 32 * 1024 * 1024;
/// How often logs are looked through for what is older than their retention.
pub const RETENTION_PERIOD: Duration = Duration::from_secs(60);

/// Bytes of records in one answer, whatever is asked.
pub const FETCH_BYTES_MAX: usize = 50 * 1024 * 1024;
/// How long a fetch waits, whatever it asks.
pub const FETCH_WAIT_MAX: Duration = Duration::from_secs(30);
/// Fetches that wait at one time; more are answered with what there is.
pub const FETCHES_WAITING_MAX: usize = 1_000;

/// Producers whose sequence a partition remembers; who was quiet longest is forgotten.
pub const PRODUCERS_MAX: usize = 1_000;
/// Batches of a producer that are known again when they are sent again, as in Kafka.
pub const BATCHES_REMEMBERED: usize = 5;

/// Consumer groups.
pub const GROUPS_MAX: usize = 1_000;
/// Members of one group, and ids that were given and not used yet.
pub const MEMBERS_MAX: usize = 1_000;
/// Topic-partitions whose offsets a group commits.
pub const OFFSETS_MAX: usize = 10_000;
/// Bytes of a committed offset's metadata, as in Kafka.
pub const METADATA_BYTES_MAX: usize = 4_096;
/// Shortest session of a member. Kafka's is six seconds; tests have no time for that.
pub const SESSION_MIN: Duration = Duration::from_millis(100);
/// Longest session of a member, as in Kafka; rebalances take no longer.
pub const SESSION_MAX: Duration = Duration::from_secs(1_800);

/// Transactional ids.
pub const TRANSACTIONS_MAX: usize = 1_000;
/// Longest time-out of a transaction, as in Kafka.
pub const TRANSACTION_TIMEOUT_MAX: Duration = Duration::from_secs(900);
