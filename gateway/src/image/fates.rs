//! What became of each record of a batch, in two bits of each offset: whoever passes part of an
//! image knows what it did not get of that part, without a look at the records.

use smallvec::SmallVec;

use super::Passed;

/// Offsets of one word.
const OFFSETS_PER_WORD: usize = 32;
/// The lower bit of each offset.
const LOW: u64 = 0x5555_5555_5555_5555;
/// Compaction leaves gaps between offsets. With more offsets to a record than this nothing is kept:
/// a quarter of a byte a record is little, and this bounds what a strange batch can ask for.
const OFFSETS_PER_RECORD_MAX: usize = 8;

/// What became of a record that did not stay as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is passed on with a change.
    Changed = 0b01,
    /// A filter dropped it.
    Filtered = 0b10,
    /// It is withheld.
    Withheld = 0b11,
}

/// The fates of a batch's records, by their distance from its first offset.
#[derive(Debug, Default)]
pub(super) struct Fates {
    words: SmallVec<[u64; 2]>,
    /// Offsets that there is room for; 0: nothing is kept.
    offsets_max: usize,
}

impl Fates {
    /// Of so many records.
    pub(super) fn of(records: usize) -> Self {
        let offsets_max = records.saturating_mul(OFFSETS_PER_RECORD_MAX);
        Self { words: SmallVec::new(), offsets_max }
    }

    /// Notes the fate of the record at this distance.
    pub(super) fn set(&mut self, delta: i32, fate: Fate) {
        let Some(delta) = usize::try_from(delta).ok().filter(|at| *at < self.offsets_max) else {
            *self = Self::default();
            return;
        };
        let index = delta / OFFSETS_PER_WORD;
        if self.words.len() <= index {
            self.words.resize(index + 1, 0);
        }
        if let Some(word) = self.words.get_mut(index) {
            *word |= (fate as u64) << (delta % OFFSETS_PER_WORD * 2);
        }
    }

    /// What lies at these distances, both included; `None`: it is not known.
    pub(super) fn passed(&self, from: usize, to: usize) -> Option<Passed> {
        if self.offsets_max == 0 {
            return None;
        }
        let mut passed = Passed::default();
        let (first, last) = (from / OFFSETS_PER_WORD, to / OFFSETS_PER_WORD);
        for (index, word) in self.words.iter().enumerate().skip(first) {
            if index > last {
                break;
            }
            let begin = index * OFFSETS_PER_WORD;
            let after = (to - begin).min(OFFSETS_PER_WORD - 1);
            let before = from.saturating_sub(begin);
            let inside =
                (u64::MAX << (before * 2)) & (u64::MAX >> ((OFFSETS_PER_WORD - 1 - after) * 2));
            let (low, high) = (word & inside & LOW, (word & inside) >> 1 & LOW);
            passed.redacted += (low & !high).count_ones();
            passed.filtered += (high & !low).count_ones();
            passed.withheld += (high & low).count_ones();
        }
        Some(passed)
    }

    /// Bytes held beside the value's own.
    pub(super) fn cost(&self) -> usize {
        if self.words.spilled() { size_of_val(self.words.as_slice()) } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_part_is_counted_as_record_by_record() {
        let fates = [None, Some(Fate::Changed), Some(Fate::Filtered), Some(Fate::Withheld)];
        let all: Vec<Option<Fate>> = (0..200).map(|n| fates[n * n % 7 % 4]).collect();
        let mut packed = Fates::of(all.len());
        for (delta, fate) in (0..).zip(&all) {
            if let Some(fate) = fate {
                packed.set(delta, *fate);
            }
        }
        for from in 0..all.len() {
            for to in from..all.len() + 40 {
                let part = all.get(from..=to.min(all.len() - 1)).unwrap();
                let count = |wanted| {
                    u32::try_from(part.iter().filter(|fate| **fate == Some(wanted)).count())
                };
                let expected = Passed {
                    withheld: count(Fate::Withheld).unwrap(),
                    filtered: count(Fate::Filtered).unwrap(),
                    redacted: count(Fate::Changed).unwrap(),
                };
                assert_eq!(packed.passed(from, to), Some(expected), "{from} to {to}");
            }
        }
    }

    #[test]
    fn offsets_with_wide_gaps_are_not_kept() {
        let mut fates = Fates::of(3);
        fates.set(23, Fate::Filtered);
        assert!(fates.passed(0, 30).is_some());
        fates.set(24, Fate::Filtered);
        assert_eq!((fates.passed(0, 30), fates.cost()), (None, 0));
        fates.set(1, Fate::Filtered);
        assert_eq!(fates.passed(0, 30), None);
    }
}
