//! DescribeCluster (60), versions 0-2: the one node. No authorized operations are told.

use kafka_protocol::messages::describe_cluster_response::DescribeClusterBroker;
use kafka_protocol::messages::{DescribeClusterRequest, DescribeClusterResponse};

use crate::kafka::call::{Call, Reply};
use crate::kafka::client::Client;
use crate::kafka::cluster::NODE;

const MISMATCHED_ENDPOINT_TYPE: i16 = 114;
/// The only kind of endpoint there is: there are no controllers to talk to.
const BROKERS: i8 = 1;

/// Answers.
pub fn serve(client: &Client, call: &Call) -> Reply {
    let request: DescribeClusterRequest = match call.decode() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    if request.endpoint_type != BROKERS {
        let refusal = DescribeClusterResponse::default().with_error_code(MISMATCHED_ENDPOINT_TYPE);
        return Reply::message(&refusal, call.version);
    }
    let (host, port) = client.cluster.address();
    let node =
        DescribeClusterBroker::default().with_broker_id(NODE).with_host(host).with_port(port);
    let answer = DescribeClusterResponse::default()
        .with_cluster_id(client.cluster.id())
        .with_controller_id(NODE)
        .with_brokers(vec![node]);
    Reply::message(&answer, call.version)
}
