//! Finds the line and column of a place in a YAML document.
//!
//! The YAML reader tells positions only in its errors, so this reads the document once more and
//! fails on purpose at the place that is asked for. That is slow, and only done to tell a problem.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::path::{Place, Step};

/// A position, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// The position of a place or, when the document has no such place, of what would hold it.
pub(super) fn locate(text: &str, place: &Place) -> Option<Position> {
    let steps = place.0.as_slice();
    (0..=steps.len()).rev().find_map(|count| {
        let steps = steps.get(..count)?;
        let error = Find(steps).deserialize(yaml_serde::Deserializer::from_str(text)).err()?;
        if !error.to_string().contains(FOUND) {
            return None;
        }
        let at = error.location()?;
        Some(Position { line: at.line(), column: at.column() })
    })
}

/// The message of the error that is made on purpose.
const FOUND: &str = "sluicegate:found-the-place";

struct Find<'s>(&'s [Step]);

impl<'de> DeserializeSeed<'de> for Find<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl Find<'_> {
    fn leaf<E: de::Error>(&self) -> Result<(), E> {
        if self.0.is_empty() { Err(E::custom(FOUND)) } else { Ok(()) }
    }
}

impl<'de> Visitor<'de> for Find<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.leaf()
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        self.leaf()
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<(), E> {
        self.leaf()
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<(), E> {
        self.leaf()
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        self.leaf()
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<(), E> {
        self.leaf()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<(), A::Error> {
        self.leaf()?;
        let Some((Step::Element(wanted), rest)) = self.0.split_first() else {
            while from.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        for _ in 0..*wanted {
            if from.next_element::<IgnoredAny>()?.is_none() {
                return Ok(());
            }
        }
        from.next_element_seed(Find(rest))?;
        while from.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<(), A::Error> {
        self.leaf()?;
        let Some((Step::Member(wanted), rest)) = self.0.split_first() else {
            while from.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        while let Some(matches) = from.next_key_seed(KeyProbe { wanted, fail: rest.is_empty() })? {
            if matches {
                from.next_value_seed(Find(rest))?;
            } else {
                from.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct KeyProbe<'s> {
    wanted: &'s str,
    fail: bool,
}

impl<'de> DeserializeSeed<'de> for KeyProbe<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<bool, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeyProbe<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<bool, E> {
        if self.fail && name == self.wanted {
            return Err(E::custom(FOUND));
        }
        Ok(name == self.wanted)
    }
}
