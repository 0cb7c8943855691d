//! Stands for the gateway: every cluster has the topics `orders` and `payments`, with one record.

use catalog::inspect::{
    Answer, ClusterInspector, Content, InspectError, InspectPermit, PartitionSpan, SampledRecord,
    TopicPage, TopicQuery, TopicReport, TopicSettings,
};

/// Stands in every record, and must be nowhere else.
pub const PAYLOAD: &str = "canary-payload@example.org";

pub struct OneRecord;

impl ClusterInspector for OneRecord {
    fn topics<'a>(&'a self, cluster: &'a str, query: &'a TopicQuery) -> Answer<'a, TopicPage> {
        let topic = |name: &str| TopicReport {
            name: name.to_owned(),
            partitions: 1,
            settings: Some(TopicSettings {
                retention_ms: Some(3_600_000),
                ..TopicSettings::default()
            }),
            spans: vec![PartitionSpan { partition: 0, earliest: 3, latest: 10 }],
            ..TopicReport::default()
        };
        Box::pin(async move {
            if query.only.as_deref() == Some("gone") {
                let (cluster, topic) = (cluster.to_owned(), "gone".to_owned());
                return Err(InspectError::NoSuchTopic { cluster, topic });
            }
            let topics = match &query.only {
                Some(only) => vec![topic(only)],
                None => vec![topic("orders"), topic("payments")],
            };
            Ok(TopicPage { total: topics.len(), topics, next: None })
        })
    }

    fn sample(&self, permit: InspectPermit) -> Answer<'_, Vec<SampledRecord>> {
        let value = serde_json::json!({ "id": permit.count(), "email": PAYLOAD });
        let record = SampledRecord {
            partition: 0,
            offset: 9,
            timestamp_ms: 1_800_000_000_000,
            key: Content::Null,
            headers: Vec::new(),
            value: Content::Json(value),
        };
        Box::pin(async move { Ok(vec![record]) })
    }
}
