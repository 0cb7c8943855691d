//! Questions about offsets, passed on to the leaders of partitions: ListOffsets and
//! OffsetForLeaderEpoch. Names are translated, and nothing else but what a replay window hides: it
//! is a log start of its own.

mod epochs;
mod leaders;
mod list;

use std::time::Duration;

use super::client::Client;
use super::session::Hurry;
use crate::upstream::UpstreamError;

pub use self::epochs::serve as serve_epochs;
pub use self::list::serve as serve_list;

/// TOPIC_AUTHORIZATION_FAILED: also for topics that do not exist.
const NOT_ALLOWED: i16 = 29;
const UNKNOWN_PARTITION: i16 = 3;
const NO_LEADER: i16 = 5;

/// How long an answer with errors is held: clients ask again at once.
const ERROR_HOLD: Duration = Duration::from_millis(250);

/// Holds an answer with errors.
async fn hold(hurry: &mut Hurry) {
    // Late or hurried: either way it is answered now.
    let _ = tokio::time::timeout(ERROR_HOLD, hurry.wanted()).await;
}

/// What a client is told when the cluster gave no answer.
fn code(error: &UpstreamError) -> i16 {
    match error {
        UpstreamError::UnknownTopic { .. } => UNKNOWN_PARTITION,
        _ => NO_LEADER,
    }
}

/// The real topic behind a name.
fn real_topic(client: &Client, name: &str) -> Result<String, i16> {
    let permit = client.permit(name).map_err(|_| NOT_ALLOWED)?;
    Ok(permit.grant().endpoint.spec.topic.clone())
}
