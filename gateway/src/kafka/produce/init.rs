//! InitProducerId (22), versions 0-5. Rewritten: the transactional id; without one any broker gives
//! out producer ids. They are the cluster's own: nothing of them is kept here.

use kafka_protocol::messages::{InitProducerIdRequest, InitProducerIdResponse};

use super::{
    CLUSTER_AUTHORIZATION_FAILED, TRANSACTIONAL_ID_AUTHORIZATION_FAILED, may_write, transaction_id,
};
use crate::kafka::call::{Call, Reply};
use crate::kafka::client::Client;
use crate::kafka::groups::{COORDINATOR_LOAD_IN_PROGRESS, upstream_client_id};
use crate::upstream::relay::{Coordinator, Forward};

/// Answers InitProducerId.
pub async fn serve(client: &Client, call: &Call) -> Reply {
    let request = match call.decode::<InitProducerIdRequest>() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    let answer = init(client, call, request).await.unwrap_or_else(|code| {
        InitProducerIdResponse::default()
            .with_error_code(code)
            .with_producer_id((-1).into())
            .with_producer_epoch(-1)
    });
    Reply::message(&answer, call.version)
}

async fn init(
    client: &Client,
    call: &Call,
    mut request: InitProducerIdRequest,
) -> Result<InitProducerIdResponse, i16> {
    if !may_write(client) {
        return Err(match request.transactional_id {
            Some(_) => TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
            None => CLUSTER_AUTHORIZATION_FAILED,
        });
    }
    let id = request.transactional_id.as_ref().map(|id| transaction_id(client, id)).transpose()?;
    request.transactional_id.clone_from(&id);
    let name = upstream_client_id(client, call);
    let forward =
        Forward::new(&request, (0, call.version)).named(&name).checked(|answer| answer.error_code);
    let upstream = client.upstream();
    let answer = match &id {
        Some(id) => upstream.to_coordinator(Coordinator::Transaction(id), forward).await,
        None => upstream.to_any(forward).await,
    };
    let mut answer = answer.map_err(|_| COORDINATOR_LOAD_IN_PROGRESS)?;
    answer.throttle_time_ms = 0;
    Ok(answer)
}
