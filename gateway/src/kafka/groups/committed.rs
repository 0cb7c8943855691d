//! OffsetFetch (9), versions 1-9: the older form asks about one group, from 8 on about several.
//! Rewritten: group ids, addresses to topics and back. Each group is asked about by itself, as each
//! has its own coordinator. "All topics" means those that the client may see.

use kafka_protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic,
};
use kafka_protocol::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use kafka_protocol::messages::{GroupId, OffsetFetchRequest, OffsetFetchResponse, TopicName};
use kafka_protocol::protocol::StrBytes;

use super::{
    COORDINATOR_LOAD_IN_PROGRESS, INVALID_REQUEST, On, TOPIC_AUTHORIZATION_FAILED, group_id, moved,
    names::Names, note_committed, pass, text,
};
use crate::kafka::call::{Call, Reply};
use crate::kafka::client::Client;
use crate::upstream::relay::Forward;

/// The first version with several groups.
const GROUPS_SINCE: i16 = 8;
/// The first version whose answer has an error for the whole group.
const ERROR_SINCE: i16 = 2;
/// Most groups of one request: tools ask about tens.
const GROUPS_MAX: usize = 1_000;
/// Versions spoken upstream: those that ask about one group; 7 is the first with `require_stable`.
const UPSTREAM_VERSIONS: (i16, i16) = (1, 7);
/// No offset is committed.
const NONE: i64 = -1;

/// What is asked about one group.
struct Asked {
    group: GroupId,
    /// `None`: all topics.
    topics: Option<Vec<OffsetFetchRequestTopic>>,
    stable: bool,
}

/// What is known of one group.
struct Found {
    code: i16,
    topics: Vec<OffsetFetchResponseTopic>,
}

/// Answers OffsetFetch.
pub async fn serve(client: &Client, call: &Call) -> Reply {
    let request = match call.decode::<OffsetFetchRequest>() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    let stable = request.require_stable;
    if call.version < GROUPS_SINCE {
        let asked = Asked { group: request.group_id, topics: request.topics, stable };
        return Reply::message(
            &one_answer(look_up(On { client, call }, &asked).await, &asked, call),
            call.version,
        );
    }
    let mut away = false;
    let mut groups = Vec::with_capacity(request.groups.len());
    for (n, group) in request.groups.into_iter().enumerate() {
        let asked = asked_of(group, stable);
        let found = match n {
            GROUPS_MAX.. => Found { code: INVALID_REQUEST, topics: Vec::new() },
            // The others would be waited for as long.
            _ if away => Found { code: COORDINATOR_LOAD_IN_PROGRESS, topics: Vec::new() },
            _ => look_up(On { client, call }, &asked).await,
        };
        away |= found.code == COORDINATOR_LOAD_IN_PROGRESS;
        groups.push(group_answer(asked.group, found));
    }
    Reply::message(&OffsetFetchResponse::default().with_groups(groups), call.version)
}

fn asked_of(group: OffsetFetchRequestGroup, stable: bool) -> Asked {
    let topics = group.topics.map(|topics| {
        let topics = topics.into_iter().map(|topic| {
            OffsetFetchRequestTopic::default()
                .with_name(topic.name)
                .with_partition_indexes(topic.partition_indexes)
        });
        topics.collect()
    });
    Asked { group: group.group_id, topics, stable }
}

async fn look_up(on: On<'_>, asked: &Asked) -> Found {
    match try_look_up(on, asked).await {
        Ok(found) => found,
        Err(code) => Found { code, topics: Vec::new() },
    }
}

async fn try_look_up(on: On<'_>, asked: &Asked) -> Result<Found, i16> {
    let group = group_id(on.client, &asked.group)?;
    let names = Names::new(on.client, &group);
    let mut request = OffsetFetchRequest::default()
        .with_group_id(GroupId(text(group.clone())))
        .with_topics(None)
        .with_require_stable(asked.stable);
    let mut topics = Vec::new();
    let mut addresses = Vec::new();
    if let Some(wanted) = &asked.topics {
        let mut passed = Vec::with_capacity(wanted.len());
        for topic in wanted {
            match names.topic(&topic.name) {
                Some(real) => {
                    addresses.push((real.clone(), topic.name.clone()));
                    passed.push(topic.clone().with_name(TopicName(text(real))));
                }
                None => topics.push(refused(topic)),
            }
        }
        if passed.is_empty() {
            return Ok(Found { code: 0, topics });
        }
        request.topics = Some(passed);
    }
    let lowest = if request.topics.is_none() { ERROR_SINCE } else { UPSTREAM_VERSIONS.0 };
    // Brokers that do not know it wait for no transaction; clients ask them without it, too.
    let older = request.clone().with_require_stable(false);
    let highest = UPSTREAM_VERSIONS.1;
    let forward = match asked.stable {
        true => Forward::new(&request, (highest, highest)).or(&older, (lowest, highest - 1)),
        false => Forward::new(&request, (lowest, highest)),
    };
    let forward = forward.checked(moved_in);
    let answer = pass(on, &group, forward).await?;
    for mut topic in answer.topics {
        // In the order asked for: two addresses may mean one topic.
        let place = addresses.iter().position(|(real, _)| *real == *topic.name.0);
        let address = match (place, &asked.topics) {
            (Some(place), _) => Some(addresses.swap_remove(place).1),
            (None, None) => names.address(&topic.name).map(|address| TopicName(text(address))),
            (None, Some(_)) => None,
        };
        if let Some(address) = address {
            let known = topic.partitions.iter().filter(|part| part.error_code == 0);
            let offsets = known.map(|part| (part.partition_index, part.committed_offset));
            note_committed(on.client, (&group, &address.0), offsets);
            topic.name = address;
            topics.push(topic);
        }
    }
    Ok(Found { code: answer.error_code, topics })
}

fn moved_in(answer: &OffsetFetchResponse) -> i16 {
    let partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
    moved([answer.error_code].into_iter().chain(partitions.map(|part| part.error_code)))
}

fn refused(topic: &OffsetFetchRequestTopic) -> OffsetFetchResponseTopic {
    all(topic, TOPIC_AUTHORIZATION_FAILED)
}

fn all(topic: &OffsetFetchRequestTopic, code: i16) -> OffsetFetchResponseTopic {
    let partitions = topic.partition_indexes.iter().map(|index| {
        OffsetFetchResponsePartition::default()
            .with_partition_index(*index)
            .with_committed_offset(NONE)
            .with_committed_leader_epoch(-1)
            .with_metadata(Some(StrBytes::new()))
            .with_error_code(code)
    });
    OffsetFetchResponseTopic::default()
        .with_name(topic.name.clone())
        .with_partitions(partitions.collect())
}

fn one_answer(found: Found, asked: &Asked, call: &Call) -> OffsetFetchResponse {
    let mut answer = OffsetFetchResponse::default().with_topics(found.topics);
    match (found.code, &asked.topics) {
        // The first version can say it of partitions only.
        (code, Some(topics)) if code != 0 && call.version < ERROR_SINCE => {
            answer.topics = topics.iter().map(|topic| all(topic, code)).collect();
        }
        (code, _) => answer.error_code = code,
    }
    answer
}

fn group_answer(group: GroupId, found: Found) -> OffsetFetchResponseGroup {
    let topics = found.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.into_iter().map(|part| {
            OffsetFetchResponsePartitions::default()
                .with_partition_index(part.partition_index)
                .with_committed_offset(part.committed_offset)
                .with_committed_leader_epoch(part.committed_leader_epoch)
                .with_metadata(part.metadata)
                .with_error_code(part.error_code)
        });
        OffsetFetchResponseTopics::default()
            .with_name(topic.name)
            .with_partitions(partitions.collect())
    });
    OffsetFetchResponseGroup::default()
        .with_group_id(group)
        .with_topics(topics.collect())
        .with_error_code(found.code)
}
