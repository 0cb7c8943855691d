//! DescribeConfigs: what topics and the broker are configured to.

use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult,
};
use kafka_protocol::messages::{DescribeConfigsRequest, DescribeConfigsResponse};

use super::text;
use crate::code;
use crate::log::{BROKER, Config, TOPIC, Topics};
use crate::server::NODE_ID;
use crate::state::Shared;

/// Resource types (KIP-133).
const OF_TOPIC: i8 = 2;
const OF_BROKER: i8 = 4;
/// Where a value comes from (KIP-226): a topic's own, or a default.
const OWN: i8 = 1;
const DEFAULT: i8 = 5;

pub(super) fn describe(shared: &Shared, asked: &DescribeConfigsRequest) -> DescribeConfigsResponse {
    let state = shared.state.lock();
    let results = asked.resources.iter().map(|resource| {
        let result = DescribeConfigsResult::default()
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone());
        match entries(&state.topics, resource) {
            Ok(entries) => result.with_configs(entries),
            Err((code, message)) => {
                result.with_error_code(code).with_error_message(Some(text(message)))
            }
        }
    });
    DescribeConfigsResponse::default().with_results(results.collect())
}

type Entries = Vec<DescribeConfigsResourceResult>;

fn entries(
    topics: &Topics,
    resource: &DescribeConfigsResource,
) -> Result<Entries, (i16, &'static str)> {
    let name = resource.resource_name.as_str();
    let (all, own): (_, &[(String, String)]) = match resource.resource_type {
        OF_TOPIC => match topics.get(name) {
            Some(topic) => (TOPIC, &topic.config),
            None => {
                let message = "This server does not host this topic-partition.";
                return Err((code::UNKNOWN_TOPIC_OR_PARTITION, message));
            }
        },
        OF_BROKER if name.is_empty() => return Ok(Vec::new()),
        OF_BROKER if name == NODE_ID.to_string() => (BROKER, &[]),
        OF_BROKER => return Err((code::INVALID_REQUEST, "this cluster has broker 1 only")),
        _ => return Err((code::INVALID_REQUEST, "only topics and brokers are configured")),
    };
    let keys = resource.configuration_keys.as_ref();
    let wanted = |name: &str| keys.is_none_or(|keys| keys.iter().any(|key| key.as_str() == name));
    let entries = all.iter().filter(|entry| wanted(entry.name));
    Ok(entries.map(|entry| described(entry, own, resource.resource_type)).collect())
}

fn described(
    entry: &Config,
    own: &[(String, String)],
    resource_type: i8,
) -> DescribeConfigsResourceResult {
    let own = own.iter().find(|(name, _)| name == entry.name).map(|(_, value)| value.as_str());
    DescribeConfigsResourceResult::default()
        .with_name(text(entry.name))
        .with_value(Some(text(own.unwrap_or(entry.default))))
        .with_read_only(resource_type == OF_BROKER)
        .with_config_source(if own.is_some() { OWN } else { DEFAULT })
        .with_config_type(entry.kind as i8)
}
