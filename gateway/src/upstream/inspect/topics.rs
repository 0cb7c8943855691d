//! One page of a cluster's topics.

use catalog::inspect::{InspectError, TOPICS_PER_PAGE_MAX, TopicPage, TopicQuery, TopicReport};
use kafka_protocol::messages::metadata_response::MetadataResponseTopic;

use super::{ask, configs, offsets};
use crate::upstream::{codes, core::Core};

/// Topics of a cluster that are looked through.
const TOPICS_MAX: usize = 50_000;
/// Topics that are asked for by name.
const NAMES_MAX: usize = 1_000;

/// A topic on its way into the page.
pub(super) struct Found {
    pub(super) report: TopicReport,
    /// Partition and leader.
    pub(super) leaders: Vec<(i32, i32)>,
}

/// The page that a query asks for.
pub(super) async fn page(core: &Core, query: &TopicQuery) -> Result<TopicPage, InspectError> {
    let names: Vec<&str> =
        query.only.iter().chain(&query.among).map(String::as_str).take(NAMES_MAX).collect();
    let named = (!names.is_empty()).then_some(names.as_slice());
    let answer = ask::metadata(core, named).await?;
    if let Some(only) = &query.only
        && let Some(trouble) = ask::trouble(core, &answer, only)
    {
        return Err(trouble);
    }
    let mut topics: Vec<Found> = answer.topics.iter().take(TOPICS_MAX).filter_map(found).collect();
    topics.retain(|topic| is_asked(&topic.report, query));
    topics.sort_unstable_by(|a, b| a.report.name.cmp(&b.report.name));
    let total = topics.len();
    if let Some(after) = &query.after {
        topics.retain(|topic| topic.report.name > *after);
    }
    let limit = query.limit.clamp(1, TOPICS_PER_PAGE_MAX);
    let more = topics.len() > limit;
    topics.truncate(limit);
    configs::fill(core, &mut topics).await?;
    if !query.without_offsets {
        offsets::fill(core, &mut topics).await;
    }
    let topics: Vec<TopicReport> = topics.into_iter().map(|topic| topic.report).collect();
    let next = topics.last().map(|topic| topic.name.clone()).filter(|_| more);
    Ok(TopicPage { topics, next, total })
}

fn found(topic: &MetadataResponseTopic) -> Option<Found> {
    if !matches!(topic.error_code, 0 | codes::LEADER_NOT_AVAILABLE) {
        return None;
    }
    let name = topic.name.as_ref()?.0.as_str().to_owned();
    let replicas = topic.partitions.iter().map(|one| one.replica_nodes.len()).min();
    let leaders = topic.partitions.iter().filter(|one| one.leader_id.0 >= 0);
    let leaders: Vec<(i32, i32)> =
        leaders.map(|one| (one.partition_index, one.leader_id.0)).collect();
    let mut report = TopicReport {
        // What others keep in topics of theirs begins with `_`, by custom.
        internal: topic.is_internal || name.starts_with('_'),
        name,
        partitions: topic.partitions.len(),
        replicas: replicas.unwrap_or_default(),
        ..TopicReport::default()
    };
    let without = topic.partitions.len() - leaders.len();
    if without > 0 {
        report.notes.push(format!("{without} of its partitions have no leader now"));
    }
    Some(Found { report, leaders })
}

fn is_asked(topic: &TopicReport, query: &TopicQuery) -> bool {
    let contains = query
        .contains
        .as_ref()
        .is_none_or(|part| topic.name.to_ascii_lowercase().contains(&part.to_ascii_lowercase()));
    let named = query.only.as_ref().is_none_or(|only| topic.name == *only)
        && (query.among.is_empty() || query.among.contains(&topic.name));
    // Who asks for a topic by its name gets it, whatever it is.
    named && contains && (query.internal || query.only.is_some() || !topic.internal)
}
