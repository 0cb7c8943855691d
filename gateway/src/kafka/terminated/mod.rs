//! What the gateway answers without asking a cluster anything but where a topic's partitions are:
//! versions, metadata, coordinators. Real hosts, node ids, topic ids and cluster ids never appear.

pub mod api_versions;
pub mod describe_cluster;
pub mod find_coordinator;
pub mod metadata;

/// What was asked may not be seen, or is not there: the two look the same.
const TOPIC_AUTHORIZATION_FAILED: i16 = 29;
/// The request makes no sense.
const INVALID_REQUEST: i16 = 42;
