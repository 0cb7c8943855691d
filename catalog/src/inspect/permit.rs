//! Who may read records to look at them: decided here, told to the audit first.

use serde_json::json;

use super::SAMPLE_RECORDS_MAX;
use crate::{
    Actor, ActorKind, ApplyError, Catalog, Problem,
    model::{Kind, Lifecycle},
    people::Operation,
};

/// Characters of a reason.
pub const REASON_CHARS_MAX: usize = 500;

/// The proof that a person may read these records now, and that the audit knows. It is used up by
/// reading once; nothing else makes one.
#[derive(Debug)]
pub struct InspectPermit {
    cluster: String,
    topic: String,
    count: usize,
}

impl InspectPermit {
    /// The backend cluster's name.
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// The topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Most records, 1 to [`SAMPLE_RECORDS_MAX`].
    pub fn count(&self) -> usize {
        self.count
    }
}

/// Records that somebody asks for.
#[derive(Clone, Copy, Debug)]
pub struct RecordsAsked<'a> {
    /// The backend cluster's name.
    pub cluster: &'a str,
    /// The topic.
    pub topic: &'a str,
    /// How many.
    pub count: usize,
    /// Why: the audit keeps it.
    pub reason: &'a str,
}

impl Catalog {
    /// Lets somebody read a few records of a topic: administrators, whoever owns the cluster, and
    /// whoever owns an endpoint of the topic. The audit is told before anything is read.
    ///
    /// # Errors
    /// [`ApplyError::NotFound`] for a cluster that they do not see, [`ApplyError::Forbidden`],
    /// [`ApplyError::Invalid`] for what they say, or when the audit cannot be written.
    pub async fn permit_records(
        &self,
        actor: &Actor,
        asked: RecordsAsked<'_>,
    ) -> Result<InspectPermit, ApplyError> {
        let (kind, name) = (Kind::Cluster, asked.cluster.to_owned());
        let problem = |message: String| Problem {
            kind: Some(kind),
            name: Some(name.clone()),
            message,
            ..Problem::default()
        };
        if !self.sees_cluster(actor, asked.cluster) {
            return Err(ApplyError::NotFound { kind, name });
        }
        if !self.may_read_records(actor, (asked.cluster, asked.topic)) {
            let message = actor.rights.refusal(Operation::ReadRecords, kind);
            return Err(ApplyError::Forbidden(vec![problem(message)]));
        }
        let reason = asked.reason.trim();
        let fits = !reason.is_empty() && reason.chars().count() <= REASON_CHARS_MAX;
        if !fits || reason.chars().any(char::is_control) {
            let message = format!(
                "reading records takes a `reason` of one line, 1 to {REASON_CHARS_MAX} \
                 characters: the audit keeps it"
            );
            return Err(ApplyError::Invalid(vec![problem(message)]));
        }
        if !(1..=SAMPLE_RECORDS_MAX).contains(&asked.count) {
            let message = format!("1 to {SAMPLE_RECORDS_MAX} records are read at a time");
            return Err(ApplyError::Invalid(vec![problem(message)]));
        }
        let data = json!({ "topic": asked.topic, "records": asked.count, "reason": reason });
        let subject = format!("{kind}/{}", asked.cluster);
        self.record(actor, ("cluster", "sampled"), subject, data).await?;
        let topic = asked.topic.to_owned();
        Ok(InspectPermit { cluster: asked.cluster.to_owned(), topic, count: asked.count })
    }

    /// Whether somebody gets to see a cluster and its topics.
    pub fn sees_cluster(&self, actor: &Actor, cluster: &str) -> bool {
        actor.rights.see(Kind::Cluster, cluster, &self.state().resources)
    }

    /// Whether somebody could read a topic's records, with a reason.
    pub fn may_read_records(&self, actor: &Actor, (cluster, topic): (&str, &str)) -> bool {
        // Somebody who can be asked about it: the product reads nothing to look at it.
        if !matches!(actor.kind, ActorKind::User | ActorKind::Administrator) {
            return false;
        }
        let state = self.state();
        let among = &state.resources;
        let may = |kind, name: &str| {
            let found = among.find(kind, name);
            found.is_some_and(|one| actor.rights.allow(Operation::ReadRecords, (name, one), among))
        };
        may(Kind::Cluster, cluster)
            || among.endpoints().any(|(name, _, endpoint)| {
                let of_it = endpoint.cluster == cluster && endpoint.topic == topic;
                of_it && endpoint.lifecycle != Lifecycle::Retired && may(Kind::Endpoint, name)
            })
    }
}
