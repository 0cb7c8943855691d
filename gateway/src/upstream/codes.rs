//! Error codes of the Kafka protocol that the gateway tells apart.

pub(super) const OFFSET_OUT_OF_RANGE: i16 = 1;
pub(super) const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
pub(super) const LEADER_NOT_AVAILABLE: i16 = 5;
pub(super) const INVALID_TOPIC: i16 = 17;
pub(super) const TOPIC_AUTHORIZATION_FAILED: i16 = 29;
pub(super) const UNSUPPORTED_SASL_MECHANISM: i16 = 33;
pub(super) const UNSUPPORTED_VERSION: i16 = 35;

/// A code's name, for logs, metrics and reasons: a closed set.
pub(super) fn name(code: i16) -> &'static str {
    match code {
        -1 => "UNKNOWN_SERVER_ERROR",
        0 => "NONE",
        1 => "OFFSET_OUT_OF_RANGE",
        2 => "CORRUPT_MESSAGE",
        3 => "UNKNOWN_TOPIC_OR_PARTITION",
        5 => "LEADER_NOT_AVAILABLE",
        6 => "NOT_LEADER_OR_FOLLOWER",
        7 => "REQUEST_TIMED_OUT",
        8 => "BROKER_NOT_AVAILABLE",
        9 => "REPLICA_NOT_AVAILABLE",
        10 => "MESSAGE_TOO_LARGE",
        13 => "NETWORK_EXCEPTION",
        14 => "COORDINATOR_LOAD_IN_PROGRESS",
        15 => "COORDINATOR_NOT_AVAILABLE",
        16 => "NOT_COORDINATOR",
        17 => "INVALID_TOPIC",
        18 => "RECORD_LIST_TOO_LARGE",
        19 => "NOT_ENOUGH_REPLICAS",
        20 => "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
        29 => "TOPIC_AUTHORIZATION_FAILED",
        31 => "CLUSTER_AUTHORIZATION_FAILED",
        33 => "UNSUPPORTED_SASL_MECHANISM",
        34 => "ILLEGAL_SASL_STATE",
        35 => "UNSUPPORTED_VERSION",
        42 => "INVALID_REQUEST",
        56 => "KAFKA_STORAGE_ERROR",
        58 => "SASL_AUTHENTICATION_FAILED",
        74 => "FENCED_LEADER_EPOCH",
        75 => "UNKNOWN_LEADER_EPOCH",
        76 => "UNSUPPORTED_COMPRESSION_TYPE",
        78 => "OFFSET_NOT_AVAILABLE",
        87 => "INVALID_RECORD",
        100 => "UNKNOWN_TOPIC_ID",
        103 => "INCONSISTENT_TOPIC_ID",
        _ => "OTHER",
    }
}

/// Whether asking the current leader again may help.
pub(super) fn is_about_leadership(code: i16) -> bool {
    matches!(code, -1 | 3 | 5 | 6 | 7 | 8 | 9 | 13 | 56 | 74 | 75 | 78 | 100 | 103)
}

/// Whether the group or transaction is, or will soon be, another coordinator's: nothing was done.
pub(super) fn is_about_coordinators(code: i16) -> bool {
    matches!(code, 14..=16)
}

/// Whether the partition is led elsewhere: nothing was done.
pub(super) fn is_led_elsewhere(code: i16) -> bool {
    matches!(code, 3 | 5 | 6 | 8 | 9 | 74 | 75 | 100)
}
