//! The configuration of topics, as far as readers feel it.

use catalog::inspect::{InspectError, TopicSettings};
use kafka_protocol::{
    messages::{
        DescribeConfigsRequest, describe_configs_request::DescribeConfigsResource,
        describe_configs_response::DescribeConfigsResult,
    },
    protocol::StrBytes,
};

use super::{ask, topics::Found};
use crate::upstream::{
    brokers::{Broker, Lane},
    codes,
    core::Core,
    failure::Failure,
    printable,
};

const DESCRIBE_CONFIGS_VERSIONS: (i16, i16) = (1, 4);
/// DescribeConfigs' number for topics.
const RESOURCE_TOPIC: i8 = 2;
const KEYS: [&str; 5] =
    ["cleanup.policy", "retention.ms", "retention.bytes", "compression.type", "max.message.bytes"];

/// Asks for the configuration of all topics at once.
pub(super) async fn fill(core: &Core, topics: &mut [Found]) -> Result<(), InspectError> {
    if topics.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = topics.iter().map(|topic| topic.report.name.clone()).collect();
    let broker = ask::any_broker(core).await?;
    let results = describe(core, &broker, &names).await;
    let results = results.map_err(|failure| ask::failed(core, failure))?;
    for topic in topics {
        let report = &mut topic.report;
        let Some(results) = &results else {
            report.notes.push("the brokers offer no DescribeConfigs".to_owned());
            continue;
        };
        let found = results.iter().find(|one| one.resource_name.as_str() == report.name);
        match found.map(|one| (one.error_code, one)) {
            Some((0, one)) => report.settings = Some(settings(one)),
            Some((codes::TOPIC_AUTHORIZATION_FAILED, _)) => report.notes.push(
                "its configuration may not be read: grant DESCRIBE_CONFIGS on the topic to the \
                 gateway's user"
                    .to_owned(),
            ),
            Some((code, _)) => {
                report.notes.push(format!("its configuration: {}", codes::name(code)));
            }
            None => report.notes.push("the brokers say nothing of its configuration".to_owned()),
        }
    }
    Ok(())
}

/// `None`: the broker offers none.
async fn describe(
    core: &Core,
    broker: &Broker,
    names: &[String],
) -> Result<Option<Vec<DescribeConfigsResult>>, Failure> {
    let mut lease = core.brokers.lease(broker, Lane::Question).await?;
    let connection = lease.connection()?;
    let Some(version) = connection.version(32, DESCRIBE_CONFIGS_VERSIONS) else {
        return Ok(None);
    };
    let resources = names.iter().map(|name| {
        DescribeConfigsResource::default()
            .with_resource_type(RESOURCE_TOPIC)
            .with_resource_name(StrBytes::from_string(name.clone()))
            .with_configuration_keys(Some(KEYS.map(StrBytes::from_static_str).to_vec()))
    });
    let request = DescribeConfigsRequest::default().with_resources(resources.collect());
    let answer = connection.call(&request, version).await?;
    Ok(Some(answer.results))
}

fn settings(result: &DescribeConfigsResult) -> TopicSettings {
    let text = |name: &str| {
        let entry = result.configs.iter().find(|entry| entry.name.as_str() == name);
        entry.and_then(|entry| entry.value.as_ref()).map(|value| printable(value.as_str()))
    };
    let number = |name: &str| text(name).and_then(|text| text.parse().ok());
    TopicSettings {
        cleanup_policy: text("cleanup.policy"),
        retention_ms: number("retention.ms"),
        retention_bytes: number("retention.bytes"),
        compression: text("compression.type"),
        message_bytes_max: number("max.message.bytes"),
    }
}
