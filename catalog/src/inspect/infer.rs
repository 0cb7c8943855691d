//! A JSON Schema out of sampled records. Pure, and bounded in depth and fields. No value of a
//! record is kept in it, but for a few short words that repeat ([`super::infer_texts`]).
//!
//! Every record that it was made of is valid under it; what it says beyond that is a guess.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    classify::{GuessedBy, Personal, by_name, is_about_people},
    infer_texts::Texts,
};

/// Levels of objects and arrays that are described; what is deeper may be anything.
const DEPTH_MAX: usize = 12;
/// Fields that are described, all together.
const FIELDS_MAX: usize = 1_000;
/// Longest name of a field; a longer one is no name.
const NAME_CHARS_MAX: usize = 64;
/// A member is required when it is always there, in so many objects at least.
const OBJECTS_MIN: usize = 2;
/// An object whose members differ so much from one to the next is a map: from so many names on.
const MAP_NAMES_MIN: usize = 8;

/// What was inferred.
#[derive(Clone, Debug, PartialEq)]
pub struct Inferred {
    /// The schema (JSON Schema 2020-12).
    pub schema: Value,
    /// Fields that seem to hold personal data, in the order of their paths.
    pub fields: Vec<FieldGuess>,
    /// Whether there was more than is described.
    pub cut: bool,
}

/// A field that seems to hold personal data.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldGuess {
    /// Where it is, as rules of policies have it: `$.customer.email`.
    pub path: String,
    /// What it seems to hold.
    pub personal: Personal,
    /// How that was guessed.
    pub by: GuessedBy,
    /// Whether all its values are texts.
    pub is_text: bool,
}

/// Infers what values are.
pub fn infer<'a>(values: impl IntoIterator<Item = &'a Value>) -> Inferred {
    let mut root = Shape::default();
    let mut room = Room { fields: FIELDS_MAX, cut: false };
    for value in values {
        root.see(value, 0, &mut room);
    }
    let mut told = Told { fields: Vec::new() };
    let schema = root.told(Place { path: "$".to_owned(), parent: "", name: "" }, &mut told);
    Inferred { schema, fields: told.fields, cut: room.cut }
}

struct Room {
    fields: usize,
    cut: bool,
}

struct Told {
    fields: Vec<FieldGuess>,
}

/// Where a shape stands.
struct Place<'a> {
    path: String,
    parent: &'a str,
    name: &'a str,
}

/// What was seen in one place.
#[derive(Default)]
struct Shape {
    seen: usize,
    nulls: usize,
    booleans: usize,
    integers: usize,
    fractions: usize,
    texts: Texts,
    objects: usize,
    members: BTreeMap<String, Shape>,
    /// Members whose names are none.
    others: Option<Box<Shape>>,
    arrays: usize,
    elements: Option<Box<Shape>>,
    /// It is not looked into any further.
    deep: bool,
}

impl Shape {
    fn see(&mut self, value: &Value, depth: usize, room: &mut Room) {
        self.seen += 1;
        match value {
            Value::Null => self.nulls += 1,
            Value::Bool(_) => self.booleans += 1,
            Value::Number(number) if number.is_f64() => self.fractions += 1,
            Value::Number(_) => self.integers += 1,
            Value::String(text) => self.texts.see(text),
            Value::Object(_) | Value::Array(_) if depth >= DEPTH_MAX => {
                self.deep = true;
                room.cut = true;
            }
            Value::Object(members) => {
                self.objects += 1;
                for (name, member) in members {
                    self.member(name, room).see(member, depth + 1, room);
                }
            }
            Value::Array(elements) => {
                self.arrays += 1;
                for element in elements {
                    self.elements.get_or_insert_default().see(element, depth + 1, room);
                }
            }
        }
    }

    fn member(&mut self, name: &str, room: &mut Room) -> &mut Shape {
        let known = self.members.contains_key(name);
        if !known && (!is_name(name) || room.fields == 0) {
            room.cut |= is_name(name);
            return self.others.get_or_insert_default();
        }
        if !known {
            room.fields -= 1;
        }
        self.members.entry(name.to_owned()).or_default()
    }

    fn merge(&mut self, other: Shape) {
        self.seen += other.seen;
        self.nulls += other.nulls;
        self.booleans += other.booleans;
        self.integers += other.integers;
        self.fractions += other.fractions;
        self.texts.merge(other.texts);
        self.objects += other.objects;
        self.arrays += other.arrays;
        self.deep |= other.deep;
        for (name, shape) in other.members {
            self.members.entry(name).or_default().merge(shape);
        }
        for (mine, theirs) in
            [(&mut self.others, other.others), (&mut self.elements, other.elements)]
        {
            if let Some(theirs) = theirs {
                mine.get_or_insert_default().merge(*theirs);
            }
        }
    }

    /// An object whose names are values (identifiers of customers, say) is a map: its names are not
    /// kept.
    fn fold_maps(&mut self) {
        let rare = |shape: &Shape| shape.seen * 3 <= self.objects;
        let is_map = self.members.len() >= MAP_NAMES_MIN && self.members.values().all(rare);
        if is_map {
            for (_, shape) in std::mem::take(&mut self.members) {
                self.others.get_or_insert_default().merge(shape);
            }
        }
    }

    fn told(mut self, place: Place<'_>, told: &mut Told) -> Value {
        if self.deep {
            return json!({});
        }
        self.fold_maps();
        self.guess(&place, told);
        let (kinds, nullable) = (self.kinds(), self.nulls > 0);
        let mut schema = Map::new();
        if let Some(words) = self.words(&kinds, &place) {
            let mut words: Vec<Value> = words.into_iter().map(Value::String).collect();
            words.extend(nullable.then_some(Value::Null));
            schema.insert("enum".to_owned(), words.into());
        } else if let Some(format) = self.texts.format() {
            schema.insert("format".to_owned(), format.into());
        }
        match kinds.as_slice() {
            [] => {}
            [kind] => drop(schema.insert("type".to_owned(), (*kind).into())),
            kinds => drop(schema.insert("type".to_owned(), kinds.to_vec().into())),
        }
        if let Some(elements) = self.elements.take() {
            let path = format!("{}[*]", place.path);
            let inner = Place { path, parent: place.parent, name: place.name };
            schema.insert("items".to_owned(), elements.told(inner, told));
        }
        self.tell_members(&place, &mut schema, told);
        Value::Object(schema)
    }

    fn tell_members(
        &mut self,
        place: &Place<'_>,
        schema: &mut Map<String, Value>,
        told: &mut Told,
    ) {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for (name, shape) in std::mem::take(&mut self.members) {
            if shape.seen == self.objects && self.objects >= OBJECTS_MIN {
                required.push(name.clone());
            }
            let path = format!("{}{}", place.path, step(&name));
            let inner = Place { path, parent: place.name, name: &name };
            let member = shape.told(inner, told);
            properties.insert(name, member);
        }
        if !properties.is_empty() {
            schema.insert("properties".to_owned(), properties.into());
        }
        if !required.is_empty() {
            schema.insert("required".to_owned(), required.into());
        }
        if let Some(others) = self.others.take() {
            let path = format!("{}[*]", place.path);
            let inner = Place { path, parent: place.parent, name: place.name };
            schema.insert("additionalProperties".to_owned(), others.told(inner, told));
        }
    }

    fn kinds(&self) -> Vec<&'static str> {
        let number = if self.fractions > 0 { "number" } else { "integer" };
        let kinds = [
            (self.booleans, "boolean"),
            (self.integers + self.fractions, number),
            (self.texts.count(), "string"),
            (self.objects, "object"),
            (self.arrays, "array"),
            (self.nulls, "null"),
        ];
        kinds.into_iter().filter(|(count, _)| *count > 0).map(|(_, kind)| kind).collect()
    }

    /// The words that the field seems to be one of.
    fn words(&self, kinds: &[&str], place: &Place<'_>) -> Option<Vec<String>> {
        let alone = kinds.iter().all(|kind| matches!(*kind, "string" | "null"));
        let safe = alone && !is_about_people(place.parent, place.name);
        self.texts.words(place.name).filter(|_| safe)
    }

    fn guess(&self, place: &Place<'_>, told: &mut Told) {
        let values = self.texts.count() + self.integers;
        if values == 0 {
            return;
        }
        let (named, looks) = (by_name(place.parent, place.name), self.texts.personal());
        let (personal, by) = match (named, looks) {
            (Some(named), Some(looks)) if named == looks => (looks, GuessedBy::Both),
            (_, Some(looks)) => (looks, GuessedBy::Shape),
            (Some(named), None) => (named, GuessedBy::Name),
            (None, None) => return,
        };
        let is_text = self.integers + self.fractions + self.booleans == 0;
        told.fields.push(FieldGuess { path: place.path.clone(), personal, by, is_text });
    }
}

/// Whether a member's name is one that people chose: not an address, a number or an identifier,
/// which would be a value.
fn is_name(name: &str) -> bool {
    let legal = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$' | ' ' | ':');
    let digits = name.chars().filter(char::is_ascii_digit).count();
    let begins = name.chars().next().is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | '$'));
    let chars = name.chars().count();
    begins && chars <= NAME_CHARS_MAX && name.chars().all(legal) && digits * 2 <= chars.max(3)
}

/// A step of a path to a member.
fn step(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let begins = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    // Quotes and backslashes are in no name.
    if begins && name.chars().all(plain) { format!(".{name}") } else { format!("['{name}']") }
}

#[cfg(test)]
mod tests;
