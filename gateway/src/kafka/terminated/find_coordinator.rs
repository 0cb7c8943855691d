//! FindCoordinator (10), versions 0-6: the one node, for every group and transaction. Where the
//! real coordinator is, the gateway finds out by itself.

use kafka_protocol::messages::find_coordinator_response::Coordinator;
use kafka_protocol::messages::{BrokerId, FindCoordinatorRequest, FindCoordinatorResponse};
use kafka_protocol::protocol::StrBytes;

use super::INVALID_REQUEST;
use crate::kafka::call::{Call, Reply};
use crate::kafka::client::Client;
use crate::kafka::cluster::NODE;

/// First version that asks about several at once.
const BATCHED_SINCE: i16 = 4;
/// Kinds of key served: group and transaction. Share groups are not.
const KEY_TYPES: [i8; 2] = [0, 1];

/// Answers.
pub fn serve(client: &Client, call: &Call) -> Reply {
    let request: FindCoordinatorRequest = match call.decode() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    let (host, port) = client.cluster.address();
    let (code, node, host, port) = match KEY_TYPES.contains(&request.key_type) {
        true => (0, NODE, host, port),
        false => (INVALID_REQUEST, BrokerId(-1), StrBytes::default(), -1),
    };
    let answer = FindCoordinatorResponse::default();
    if call.version < BATCHED_SINCE {
        let answer = answer.with_error_code(code).with_node_id(node);
        return Reply::message(&answer.with_host(host).with_port(port), call.version);
    }
    let coordinators = request.coordinator_keys.into_iter().map(|key| {
        Coordinator::default()
            .with_key(key)
            .with_error_code(code)
            .with_node_id(node)
            .with_host(host.clone())
            .with_port(port)
    });
    Reply::message(&answer.with_coordinators(coordinators.collect()), call.version)
}
