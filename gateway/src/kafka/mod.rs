//! The Kafka door: a virtual cluster of one node that Kafka clients, unmodified, log in to. One
//! file for each API or group of APIs; what is served stands in [`versions`], who serves it in
//! [`dispatch`]. Nothing here reads records but through a reader, nothing decides rights but
//! `authz`.

mod call;
mod client;
mod cluster;
mod door;
mod fetch;
mod groups;
mod offsets;
mod produce;
mod sasl;
mod session;
mod terminated;
pub mod versions;

use kafka_protocol::messages::ApiKey;

pub use call::{BadRequest, Call, CloseReason, Reply};
pub use client::{Client, Software};
pub use cluster::{ClusterKey, KEY_BYTES, NODE, VirtualCluster, VirtualClusterConfig};
pub use door::{KafkaDoor, Served, SessionConfig};
pub use groups::Registry as Groups;
pub use sasl::{Failures, oauthbearer_token};
pub use session::{Hurry, Peer, serve};

/// Answers one request of a client that has logged in. One line for each API; what has no line is
/// refused, as what stands as refused in the table of versions.
async fn dispatch(client: &Client, call: &Call, hurry: &mut Hurry) -> Reply {
    // ApiVersions answers what it does not serve with what it does (KIP-511).
    let answered = call.api == ApiKey::ApiVersions as i16;
    if !answered && versions::served(call.api, call.version).is_none() {
        return Reply::Close(CloseReason::Unsupported);
    }
    let Ok(api) = ApiKey::try_from(call.api) else {
        return Reply::Close(CloseReason::Unsupported);
    };
    match api {
        // Answered here.
        ApiKey::ApiVersions => terminated::api_versions::serve(call),
        ApiKey::Metadata => terminated::metadata::serve(client, call, hurry).await,
        ApiKey::FindCoordinator => terminated::find_coordinator::serve(client, call),
        ApiKey::DescribeCluster => terminated::describe_cluster::serve(client, call),

        // Reading.
        ApiKey::Fetch => fetch::serve(client, call, hurry).await,
        ApiKey::ListOffsets => offsets::serve_list(client, call, hurry).await,
        ApiKey::OffsetForLeaderEpoch => offsets::serve_epochs(client, call, hurry).await,

        // Groups and offsets.
        ApiKey::OffsetCommit => groups::commit::serve(client, call).await,
        ApiKey::OffsetFetch => groups::committed::serve(client, call).await,
        ApiKey::JoinGroup => groups::join::serve(client, call).await,
        ApiKey::Heartbeat => groups::heartbeat::serve(client, call).await,
        ApiKey::LeaveGroup => groups::leave::serve(client, call).await,
        ApiKey::SyncGroup => groups::sync::serve(client, call).await,
        ApiKey::DescribeGroups => groups::describe::serve(client, call).await,
        ApiKey::ListGroups => groups::list::serve(client, call).await,
        ApiKey::DeleteGroups => groups::delete::serve(client, call).await,
        ApiKey::OffsetDelete => groups::offset_delete::serve(client, call).await,

        // Writing and transactions.
        ApiKey::Produce => produce::serve(client, call).await,
        ApiKey::InitProducerId => produce::init::serve(client, call).await,
        ApiKey::AddPartitionsToTxn => produce::transaction::add_partitions(client, call).await,
        ApiKey::AddOffsetsToTxn => produce::transaction::add_offsets(client, call).await,
        ApiKey::TxnOffsetCommit => produce::offsets::serve(client, call).await,
        ApiKey::EndTxn => produce::transaction::end(client, call).await,

        // The session's own (SaslHandshake, SaslAuthenticate), and what is not served.
        _ => Reply::Close(CloseReason::Unsupported),
    }
}
