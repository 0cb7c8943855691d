//! Why a cluster could not be looked into: where, what, and what to do. Never holds a payload or a
//! secret.

/// Why a cluster could not be looked into.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InspectError {
    /// The gateway does not know the cluster (yet).
    #[error("the gateway does not know cluster `{cluster}`: wait a second and try again")]
    NoSuchCluster {
        /// Its name.
        cluster: String,
    },
    /// No broker can be reached, or none answers.
    #[error(
        "cluster `{cluster}` cannot be reached: {reason}. Check `spec.bootstrapServers` and that \
         the brokers run"
    )]
    Unreachable {
        /// Its name.
        cluster: String,
        /// What was tried and what happened.
        reason: String,
    },
    /// The cluster does not let the gateway in.
    #[error("cluster `{cluster}` refused the gateway: {reason}. Check `spec.security`")]
    Refused {
        /// Its name.
        cluster: String,
        /// Which step, and what the broker said.
        reason: String,
    },
    /// There is no such topic, or the gateway's user may not see it.
    #[error(
        "cluster `{cluster}` has no topic `{topic}`, or does not let the gateway's user see it \
         (DESCRIBE on the topic)"
    )]
    NoSuchTopic {
        /// The cluster's name.
        cluster: String,
        /// The topic asked for.
        topic: String,
    },
    /// The cluster's access rules do not let the gateway's user do it.
    #[error(
        "cluster `{cluster}` does not let the gateway's user {operation} topic `{topic}`: grant \
         {operation} on the topic to it"
    )]
    Denied {
        /// The cluster's name.
        cluster: String,
        /// The topic.
        topic: String,
        /// Kafka's word for what is not granted, such as `READ`.
        operation: &'static str,
    },
    /// It took too long.
    #[error("cluster `{cluster}` did not answer everything within {seconds} s: ask for less")]
    TimedOut {
        /// Its name.
        cluster: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// Too many look at the same time.
    #[error("{most} inspections run already: try again in a moment")]
    Busy {
        /// How many may run.
        most: usize,
    },
}
