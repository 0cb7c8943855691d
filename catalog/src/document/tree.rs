//! Reads one document, YAML or JSON, into a tree under bounds: how many values, how deep, no member
//! twice. What the tree means is for others.

use std::cell::{Cell, RefCell};

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{
    limits::{DOCUMENT_DEPTH_MAX, DOCUMENT_NODES_MAX, DOCUMENT_PROBLEMS_MAX},
    path::{Place, Trail},
    suggest::shown,
};

/// What reading one document has used up and found.
#[derive(Default)]
pub(super) struct Reading {
    nodes: Cell<usize>,
    /// Members that come twice.
    pub(super) twice: RefCell<Vec<(Place, String)>>,
}

impl Reading {
    fn count<E: de::Error>(&self, depth: usize) -> Result<(), E> {
        self.nodes.set(self.nodes.get() + 1);
        if self.nodes.get() > DOCUMENT_NODES_MAX {
            return Err(E::custom(format_args!(
                "more than {DOCUMENT_NODES_MAX} values after its aliases are followed"
            )));
        }
        if depth > DOCUMENT_DEPTH_MAX {
            return Err(E::custom(format_args!("nests deeper than {DOCUMENT_DEPTH_MAX}")));
        }
        Ok(())
    }

    fn note_twice(&self, trail: Trail<'_>, name: &str) {
        let mut twice = self.twice.borrow_mut();
        if twice.len() < DOCUMENT_PROBLEMS_MAX {
            let message = format!("`{}` is written twice; keep one of them", shown(name));
            twice.push((trail.place().member(name), message));
        }
    }
}

/// Reads one value.
#[derive(Clone, Copy)]
pub(super) struct Tree<'r> {
    reading: &'r Reading,
    trail: Trail<'r>,
    depth: usize,
}

impl<'r> Tree<'r> {
    pub(super) fn new(reading: &'r Reading) -> Self {
        Self { reading, trail: Trail::Root, depth: 0 }
    }
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a mapping, a list, a string, a number, true, false or null (no YAML tags)")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        self.reading.count(self.depth)?;
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        self.reading.count(self.depth)?;
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        self.reading.count(self.depth)?;
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        self.reading.count(self.depth)?;
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        self.reading.count(self.depth)?;
        let number = Number::from_f64(value).ok_or_else(|| E::custom("not a finite number"))?;
        Ok(Value::Number(number))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        self.reading.count(self.depth)?;
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        self.reading.count(self.depth)?;
        let mut elements = Vec::new();
        loop {
            let trail = Trail::Element(&self.trail, elements.len());
            let seed = Tree { reading: self.reading, trail, depth: self.depth + 1 };
            match from.next_element_seed(seed)? {
                Some(element) => elements.push(element),
                None => return Ok(Value::Array(elements)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        self.reading.count(self.depth)?;
        let mut members = Map::new();
        while let Some(name) = from.next_key::<String>()? {
            let trail = Trail::Member(&self.trail, &name);
            let seed = Tree { reading: self.reading, trail, depth: self.depth + 1 };
            let value = from.next_value_seed(seed)?;
            if members.contains_key(&name) {
                self.reading.note_twice(self.trail, &name);
            }
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}
