//! Transactions as their coordinator sees them (KIP-98, KIP-360): who may write under an id, what
//! a transaction touches, how it ends. Pure: times are given.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::code;
use crate::limits::{TRANSACTION_TIMEOUT_MAX, TRANSACTIONS_MAX};

/// A producer's id and epoch.
pub(crate) type Producer = (i64, i16);

/// How far a transactional id is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Idle,
    Ongoing,
    Ended { commit: bool },
}

/// What is known of a transactional id.
#[derive(Debug)]
struct Transaction {
    producer: Producer,
    timeout: Duration,
    phase: Phase,
    touched: Touched,
    /// When an ongoing transaction is aborted.
    ends: Option<Instant>,
}

/// What a transaction wrote to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Touched {
    pub(crate) partitions: BTreeSet<(String, i32)>,
    pub(crate) groups: BTreeSet<String>,
}

/// A transaction that ends: markers go to what it touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) producer: Producer,
    pub(crate) commit: bool,
    pub(crate) touched: Touched,
}

/// All transactional ids, and the ids of producers.
#[derive(Debug, Default)]
pub(crate) struct Transactions {
    all: BTreeMap<String, Transaction>,
    last_producer_id: i64,
}

impl Transactions {
    /// A producer id without transactions.
    pub(crate) fn producer_id(&mut self) -> Producer {
        self.last_producer_id += 1;
        (self.last_producer_id, 0)
    }

    /// A producer takes a transactional id: who had it before is fenced, and its transaction
    /// aborted. `known`: what the producer believes its id and epoch are; -1: nothing.
    ///
    /// # Errors
    /// INVALID_TRANSACTION_TIMEOUT, PRODUCER_FENCED, INVALID_REQUEST, POLICY_VIOLATION.
    pub(crate) fn begin(
        &mut self,
        id: &str,
        timeout_ms: i32,
        known: Producer,
    ) -> Result<(Producer, Option<Ending>), i16> {
        let timeout = Duration::from_millis(u64::try_from(timeout_ms).unwrap_or(0));
        if timeout.is_zero() || timeout > TRANSACTION_TIMEOUT_MAX {
            return Err(code::INVALID_TRANSACTION_TIMEOUT);
        }
        if id.is_empty() {
            return Err(code::INVALID_REQUEST);
        }
        let Some(found) = self.all.get_mut(id) else {
            if self.all.len() >= TRANSACTIONS_MAX {
                return Err(code::POLICY_VIOLATION);
            }
            let producer = self.producer_id();
            let touched = Touched::default();
            let fresh = Transaction { producer, timeout, phase: Phase::Idle, touched, ends: None };
            self.all.insert(id.to_owned(), fresh);
            return Ok((producer, None));
        };
        if known.0 >= 0 && known != found.producer {
            return Err(code::PRODUCER_FENCED);
        }
        let ending = found.fence();
        found.timeout = timeout;
        found.phase = Phase::Idle;
        if found.producer.1 == i16::MAX {
            // Its epochs are used up.
            self.last_producer_id += 1;
            found.producer = (self.last_producer_id, 0);
        } else if ending.is_none() {
            found.producer.1 += 1;
        }
        Ok((found.producer, ending))
    }

    /// A transaction will touch something.
    ///
    /// # Errors
    /// INVALID_PRODUCER_ID_MAPPING, INVALID_PRODUCER_EPOCH.
    pub(crate) fn touch(
        &mut self,
        id: &str,
        producer: Producer,
        now: Instant,
    ) -> Result<&mut Touched, i16> {
        let found = self.of(id, producer)?;
        if found.phase != Phase::Ongoing {
            found.phase = Phase::Ongoing;
            found.ends = Some(now + found.timeout);
        }
        Ok(&mut found.touched)
    }

    /// Whether an ongoing transaction of a producer told that it would write to a partition.
    pub(crate) fn touches(&self, producer: Producer, topic: &str, partition: i32) -> bool {
        let place = (topic.to_owned(), partition);
        self.all.values().any(|transaction| {
            let ongoing = transaction.producer == producer && transaction.phase == Phase::Ongoing;
            ongoing && transaction.touched.partitions.contains(&place)
        })
    }

    /// Whether an ongoing transaction told that it would commit to a group.
    ///
    /// # Errors
    /// INVALID_PRODUCER_ID_MAPPING, INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE.
    pub(crate) fn commits_to(
        &mut self,
        id: &str,
        producer: Producer,
        group: &str,
    ) -> Result<(), i16> {
        let found = self.of(id, producer)?;
        let told = found.phase == Phase::Ongoing && found.touched.groups.contains(group);
        if told { Ok(()) } else { Err(code::INVALID_TXN_STATE) }
    }

    /// A producer ends its transaction. `None`: it had ended so before.
    ///
    /// # Errors
    /// INVALID_PRODUCER_ID_MAPPING, INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE.
    pub(crate) fn end(
        &mut self,
        id: &str,
        producer: Producer,
        commit: bool,
    ) -> Result<Option<Ending>, i16> {
        let found = self.of(id, producer)?;
        match found.phase {
            Phase::Ongoing => Ok(Some(found.ending(commit))),
            Phase::Ended { commit: before } if before == commit => Ok(None),
            Phase::Idle | Phase::Ended { .. } => Err(code::INVALID_TXN_STATE),
        }
    }

    fn of(&mut self, id: &str, producer: Producer) -> Result<&mut Transaction, i16> {
        let found = self.all.get_mut(id).ok_or(code::INVALID_PRODUCER_ID_MAPPING)?;
        if found.producer.0 != producer.0 {
            return Err(code::INVALID_PRODUCER_ID_MAPPING);
        }
        if found.producer.1 != producer.1 {
            return Err(code::INVALID_PRODUCER_EPOCH);
        }
        Ok(found)
    }

    /// When the next transaction takes too long.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.all.values().filter_map(|transaction| transaction.ends).min()
    }

    /// Aborts what takes too long; its producers are fenced.
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<Ending> {
        let over = self.all.values_mut();
        let over = over.filter(|transaction| transaction.ends.is_some_and(|ends| ends <= now));
        over.filter_map(Transaction::fence).collect()
    }
}

impl Transaction {
    /// Aborts an ongoing transaction in the next epoch: no batch of its producer is taken after.
    fn fence(&mut self) -> Option<Ending> {
        if self.phase != Phase::Ongoing {
            return None;
        }
        self.producer.1 = self.producer.1.saturating_add(1);
        Some(self.ending(false))
    }

    fn ending(&mut self, commit: bool) -> Ending {
        self.phase = Phase::Ended { commit };
        self.ends = None;
        let touched = std::mem::take(&mut self.touched);
        Ending { producer: self.producer, commit, touched }
    }
}

#[cfg(test)]
mod tests;
