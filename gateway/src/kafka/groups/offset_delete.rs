//! OffsetDelete (47), version 0. Rewritten: the group's id, addresses to topics and back; what is
//! not granted is answered with 29.

use kafka_protocol::messages::offset_delete_request::OffsetDeleteRequestTopic;
use kafka_protocol::messages::offset_delete_response::{
    OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};
use kafka_protocol::messages::{GroupId, OffsetDeleteRequest, OffsetDeleteResponse, TopicName};

use super::{On, TOPIC_AUTHORIZATION_FAILED, group_id, moved, names::Names, pass, text};
use crate::kafka::call::{Call, Reply};
use crate::kafka::client::Client;
use crate::upstream::relay::Forward;

/// Answers OffsetDelete.
pub async fn serve(client: &Client, call: &Call) -> Reply {
    let request = match call.decode::<OffsetDeleteRequest>() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    let answer = delete(client, call, request).await;
    let answer =
        answer.unwrap_or_else(|code| OffsetDeleteResponse::default().with_error_code(code));
    Reply::message(&answer, call.version)
}

async fn delete(
    client: &Client,
    call: &Call,
    mut request: OffsetDeleteRequest,
) -> Result<OffsetDeleteResponse, i16> {
    let group = group_id(client, &request.group_id)?;
    let names = Names::new(client, &group);
    let mut refused = Vec::new();
    let mut passed = Vec::new();
    let mut addresses = Vec::new();
    for mut topic in std::mem::take(&mut request.topics) {
        match names.topic(&topic.name) {
            Some(real) => {
                let name = TopicName(text(real));
                addresses.push((name.clone(), std::mem::replace(&mut topic.name, name)));
                passed.push(topic);
            }
            None => refused.push(all_refused(&topic)),
        }
    }
    let mut answer = OffsetDeleteResponse::default();
    if !passed.is_empty() {
        request.group_id = GroupId(text(group.clone()));
        request.topics = passed;
        let forward = Forward::new(&request, (0, call.version)).checked(moved_in);
        answer = pass(On { client, call }, &group, forward).await?;
    }
    answer.topics.retain_mut(|topic| {
        let address = addresses.iter().find(|(real, _)| *real == topic.name);
        if let Some((_, address)) = address {
            topic.name = address.clone();
        }
        address.is_some()
    });
    answer.topics.extend(refused);
    answer.throttle_time_ms = 0;
    Ok(answer)
}

fn moved_in(answer: &OffsetDeleteResponse) -> i16 {
    let partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
    moved([answer.error_code].into_iter().chain(partitions.map(|part| part.error_code)))
}

fn all_refused(topic: &OffsetDeleteRequestTopic) -> OffsetDeleteResponseTopic {
    let partitions = topic.partitions.iter().map(|partition| {
        OffsetDeleteResponsePartition::default()
            .with_partition_index(partition.partition_index)
            .with_error_code(TOPIC_AUTHORIZATION_FAILED)
    });
    OffsetDeleteResponseTopic::default()
        .with_name(topic.name.clone())
        .with_partitions(partitions.collect())
}
