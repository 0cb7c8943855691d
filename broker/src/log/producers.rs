//! What a partition remembers of idempotent producers: their epochs, and their last batches, so
//! that what is sent again is known again and what is missing is noticed (KIP-98, KIP-360).

use std::collections::{BTreeMap, VecDeque};

use gateway::wire::record_batch::BatchHeader;

use crate::code;
use crate::limits::{BATCHES_REMEMBERED, PRODUCERS_MAX};

/// The producers of a partition, by their ids.
#[derive(Clone, Debug, Default)]
pub(super) struct Producers {
    known: BTreeMap<i64, Producer>,
    /// Counts appends, to know who was quiet longest.
    clock: u64,
}

#[derive(Clone, Debug)]
struct Producer {
    epoch: i16,
    /// First and last sequence and first offset of its last batches.
    batches: VecDeque<(i32, i32, i64)>,
    seen: u64,
}

/// What a batch of a producer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sequence {
    /// The next one.
    Next,
    /// One that is there already, at this offset.
    Again(i64),
}

impl Producers {
    /// Whether a batch comes in turn.
    ///
    /// # Errors
    /// INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER.
    pub(super) fn check(&self, batch: &BatchHeader) -> Result<Sequence, i16> {
        let Some(known) = self.known.get(&batch.producer_id).filter(|_| batch.producer_id >= 0)
        else {
            // Nobody knows what came before: any sequence begins one.
            return Ok(Sequence::Next);
        };
        if batch.producer_epoch < known.epoch {
            return Err(code::INVALID_PRODUCER_EPOCH);
        }
        let first = batch.base_sequence;
        let last = last_sequence(batch);
        if batch.producer_epoch > known.epoch {
            let begins = first == 0;
            return if begins {
                Ok(Sequence::Next)
            } else {
                Err(code::OUT_OF_ORDER_SEQUENCE_NUMBER)
            };
        }
        if let Some((.., base)) =
            known.batches.iter().find(|(from, to, _)| (*from, *to) == (first, last))
        {
            return Ok(Sequence::Again(*base));
        }
        let before = known.batches.back().map(|(_, to, _)| *to);
        // After a marker with a newer epoch there is nothing before, and 0 begins.
        let next = before.map_or(0, |last| last.checked_add(1).unwrap_or(0));
        if first == next { Ok(Sequence::Next) } else { Err(code::OUT_OF_ORDER_SEQUENCE_NUMBER) }
    }

    /// Remembers a batch that was appended at `base`.
    pub(super) fn appended(&mut self, batch: &BatchHeader, base: i64) {
        if batch.producer_id < 0 {
            return;
        }
        let producer = self.at_epoch(batch.producer_id, batch.producer_epoch);
        producer.batches.push_back((batch.base_sequence, last_sequence(batch), base));
        if producer.batches.len() > BATCHES_REMEMBERED {
            producer.batches.pop_front();
        }
    }

    /// Remembers the epoch of a marker: batches of older ones are refused from now on.
    pub(super) fn ended(&mut self, producer_id: i64, epoch: i16) {
        self.at_epoch(producer_id, epoch);
    }

    fn at_epoch(&mut self, producer_id: i64, epoch: i16) -> &mut Producer {
        self.clock += 1;
        if self.known.len() >= PRODUCERS_MAX && !self.known.contains_key(&producer_id) {
            let quiet = self.known.iter().min_by_key(|(_, producer)| producer.seen);
            if let Some(quiet) = quiet.map(|(id, _)| *id) {
                self.known.remove(&quiet);
            }
        }
        let fresh = Producer { epoch, batches: VecDeque::new(), seen: 0 };
        let producer = self.known.entry(producer_id).or_insert(fresh);
        if producer.epoch != epoch {
            producer.epoch = epoch;
            producer.batches.clear();
        }
        producer.seen = self.clock;
        producer
    }
}

/// Sequences wrap to 0 after the largest.
fn last_sequence(batch: &BatchHeader) -> i32 {
    let last = i64::from(batch.base_sequence) + i64::from(batch.last_offset_delta);
    let wrapped = last % (i64::from(i32::MAX) + 1);
    i32::try_from(wrapped).unwrap_or(i32::MAX)
}
