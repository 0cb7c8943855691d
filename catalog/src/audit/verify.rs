//! Looks whether anything of the audit was taken out, put in, changed, moved or cut off.

use std::collections::BTreeMap;

use super::{
    chain::{Hash, Head, Record},
    checkpoint::Checkpoint,
};

/// What is wrong, at the first record where it shows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A number is missing, comes twice, or is out of its order.
    #[error(
        "record {found} stands where record {expected} belongs: one was taken out, put in or moved"
    )]
    Order {
        /// The number that belongs here.
        expected: u64,
        /// The number that is here.
        found: u64,
    },
    /// A record is not what was hashed.
    #[error("record {0} is not what it was, or one before it is not")]
    Hash(u64),
    /// A checkpoint was not signed by its key.
    #[error("the checkpoint at record {0} is not signed by its key")]
    Signature(u64),
    /// A checkpoint is of another key.
    #[error("the checkpoint at record {0} is signed by another key than expected")]
    Key(u64),
    /// A checkpoint says another hash than the record has.
    #[error("the checkpoint at record {0} says another hash: the chain was made anew from there")]
    Checkpoint(u64),
    /// The chain ends before a checkpoint.
    #[error(
        "the audit ends at record {last}, but a checkpoint says that it had {signed}: its end was \
         cut off"
    )]
    Truncated {
        /// The last record.
        last: u64,
        /// The last record that was signed.
        signed: u64,
    },
}

/// What was found to be whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Records.
    pub records: u64,
    /// The last record's hash.
    pub hash: Hash,
    /// Signed statements that hold.
    pub checkpoints: u64,
    /// The last record that a checkpoint covers; what follows may have been cut off unnoticed.
    pub signed: u64,
    /// The key of the checkpoints (Ed25519, base64).
    pub key: Option<String>,
}

/// Takes the records in their order.
#[derive(Debug, Default)]
pub struct Verifier {
    head: Head,
    verified: Verified,
    /// What is signed about records to come, by their numbers.
    signed: BTreeMap<u64, Vec<Hash>>,
}

impl Verifier {
    /// Begins with what is signed: the audit's own checkpoints, and those that were kept elsewhere.
    /// `key`: the only key that may have signed (base64); absent: any one key.
    ///
    /// # Errors
    /// [`Fault`], when a checkpoint is not signed, or by another key.
    pub fn new(key: Option<String>, checkpoints: &[Checkpoint]) -> Result<Self, Fault> {
        let mut pinned = key;
        let mut signed = BTreeMap::<u64, Vec<Hash>>::new();
        for checkpoint in checkpoints {
            if !checkpoint.is_signed() {
                return Err(Fault::Signature(checkpoint.number));
            }
            if pinned.get_or_insert_with(|| checkpoint.key.clone()) != &checkpoint.key {
                return Err(Fault::Key(checkpoint.number));
            }
            signed.entry(checkpoint.number).or_default().push(checkpoint.hash);
        }
        let verified = Verified {
            signed: signed.keys().next_back().copied().unwrap_or_default(),
            checkpoints: checkpoints.len().try_into().unwrap_or(u64::MAX),
            key: checkpoints.first().map(|checkpoint| checkpoint.key.clone()),
            ..Verified::default()
        };
        Ok(Self { head: Head::default(), verified, signed })
    }

    /// Takes the next record.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn record(&mut self, record: &Record) -> Result<(), Fault> {
        let expected = self.head.number.saturating_add(1);
        if record.number != expected {
            return Err(Fault::Order { expected, found: record.number });
        }
        let hash = Hash::of(expected, &self.head.hash, &record.event);
        if hash != record.hash {
            return Err(Fault::Hash(expected));
        }
        let said = self.signed.remove(&expected).unwrap_or_default();
        if said.iter().any(|said| *said != hash) {
            return Err(Fault::Checkpoint(expected));
        }
        self.head = Head { number: expected, hash };
        Ok(())
    }

    /// Says what was found to be whole.
    ///
    /// # Errors
    /// [`Fault::Truncated`], when more was signed than there is.
    pub fn finish(self) -> Result<Verified, Fault> {
        let Head { number: last, hash } = self.head;
        match self.signed.keys().next_back() {
            Some(signed) => Err(Fault::Truncated { last, signed: *signed }),
            None => Ok(Verified { records: last, hash, ..self.verified }),
        }
    }
}

#[cfg(test)]
mod tests;
