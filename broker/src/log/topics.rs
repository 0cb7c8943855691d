//! The topics, by name.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::config::{self, Rules};
use super::partition::Partition;
use crate::code;
use crate::limits::{LOG_BYTES_MAX, NAME_CHARS_MAX, PARTITIONS_MAX, TOPICS_MAX};

/// What the broker refuses, in Kafka's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (error {code})")]
pub struct Refused {
    /// Kafka's error code.
    pub code: i16,
    /// What to read.
    pub message: String,
}

impl Refused {
    pub(crate) fn new(code: i16, message: impl Into<String>) -> Refused {
        Refused { code, message: message.into() }
    }
}

/// A topic.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Its id; another one after it was recreated.
    pub id: Uuid,
    /// What its configuration has beside the defaults.
    pub config: Vec<(String, String)>,
    /// Its partitions.
    pub partitions: Vec<Partition>,
}

impl Topic {
    /// What its configuration means.
    pub(crate) fn rules(&self) -> Rules {
        Rules::of(&self.config)
    }

    /// A partition.
    pub(crate) fn partition(&self, index: i32) -> Option<&Partition> {
        self.partitions.get(usize::try_from(index).ok()?)
    }

    /// A partition, to change it.
    pub(crate) fn partition_mut(&mut self, index: i32) -> Option<&mut Partition> {
        self.partitions.get_mut(usize::try_from(index).ok()?)
    }
}

/// All topics.
#[derive(Debug, Default)]
pub struct Topics {
    all: BTreeMap<String, Topic>,
}

impl Topics {
    /// Whether a topic could be created so.
    ///
    /// # Errors
    /// Kafka's code and what is wrong.
    pub(crate) fn check(
        &self,
        name: &str,
        partitions: usize,
        config: &[(String, String)],
    ) -> Result<(), Refused> {
        if !is_name(name) {
            let message = format!("a topic's name is letters, digits, '.', '_' and '-': {name:?}");
            return Err(Refused::new(code::INVALID_TOPIC, message));
        }
        if self.all.contains_key(name) {
            let message = format!("Topic '{name}' already exists.");
            return Err(Refused::new(code::TOPIC_ALREADY_EXISTS, message));
        }
        if !(1..=PARTITIONS_MAX).contains(&partitions) {
            let message = format!("{partitions} partitions: a topic has 1 to {PARTITIONS_MAX}");
            return Err(Refused::new(code::INVALID_PARTITIONS, message));
        }
        if self.all.len() >= TOPICS_MAX {
            let message = format!("this broker keeps {TOPICS_MAX} topics: delete one");
            return Err(Refused::new(code::POLICY_VIOLATION, message));
        }
        config::check(config)
    }

    /// Creates a topic.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn create(
        &mut self,
        name: &str,
        partitions: usize,
        config: Vec<(String, String)>,
    ) -> Result<&mut Topic, Refused> {
        self.check(name, partitions, &config)?;
        let id = Uuid::from_u128(rand::random());
        let topic = Topic { id, config, partitions: vec![Partition::default(); partitions] };
        Ok(self.all.entry(name.to_owned()).or_insert(topic))
    }

    /// Deletes a topic with all that it holds; whether there was one.
    pub fn delete(&mut self, name: &str) -> bool {
        self.all.remove(name).is_some()
    }

    /// A topic.
    pub fn get(&self, name: &str) -> Option<&Topic> {
        self.all.get(name)
    }

    /// A topic, to change it.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Topic> {
        self.all.get_mut(name)
    }

    /// A partition.
    pub(crate) fn partition(&self, name: &str, index: i32) -> Option<&Partition> {
        self.get(name)?.partition(index)
    }

    /// A partition, to change it.
    pub(crate) fn partition_mut(&mut self, name: &str, index: i32) -> Option<&mut Partition> {
        self.get_mut(name)?.partition_mut(index)
    }

    /// All topics in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Topic)> {
        self.all.iter().map(|(name, topic)| (name.as_str(), topic))
    }

    /// The name of an id.
    pub(crate) fn name_of(&self, id: Uuid) -> Option<&str> {
        self.iter().find(|(_, topic)| topic.id == id).map(|(name, _)| name)
    }

    /// Lets go of what is too old.
    pub(crate) fn retain(&mut self, now_ms: i64) {
        for topic in self.all.values_mut() {
            let rules = topic.rules();
            for partition in &mut topic.partitions {
                partition.retain(&rules, now_ms);
            }
        }
    }

    /// Lets go of the oldest of who holds most, while all together hold too much.
    pub(crate) fn bound(&mut self) {
        let all = || self.all.values().flat_map(|topic| &topic.partitions);
        let mut bytes: usize = all().map(Partition::bytes).sum();
        while bytes > LOG_BYTES_MAX {
            let all = self.all.values_mut().flat_map(|topic| &mut topic.partitions);
            let Some(largest) = all.max_by_key(|partition| partition.bytes()) else { return };
            let before = largest.bytes();
            largest.drop_first();
            let freed = before - largest.bytes();
            if freed == 0 {
                return;
            }
            bytes -= freed;
        }
    }
}

/// Whether Kafka would take that for a topic's name.
pub(crate) fn is_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let length = (1..=NAME_CHARS_MAX).contains(&name.len());
    length && name.chars().all(legal) && name != "." && name != ".."
}
