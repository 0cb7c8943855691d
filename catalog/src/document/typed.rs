//! From a tree to the nouns, so that every problem of a document is told with its place and a
//! suggestion, and none repeats what somebody wrote as a value (it may be a secret).
//!
//! Unknown members are noted and passed over. After any other problem the document is read again
//! without the member that had it, until nothing new is found.

use std::{cell::RefCell, fmt};

use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor, value::StrDeserializer,
};
use serde_json::{Map, Value};

use super::{
    limits::DOCUMENT_PROBLEMS_MAX,
    path::{Place, Step, Trail},
    suggest::{did_you_mean, one_of, shown},
};

/// Something wrong at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// Where.
    pub place: Place,
    /// What, and what to do.
    pub message: String,
}

/// Reads a noun.
///
/// # Errors
/// All that is wrong with it.
pub(super) fn read<T>(
    value: &Value,
    base: &Place,
    noun: impl Fn(Typed<'_>) -> Result<T, Error>,
) -> Result<T, Vec<Finding>> {
    let notes = Notes::default();
    let mut found = Vec::new();
    for _ in 0..DOCUMENT_PROBLEMS_MAX {
        let outcome = noun(Typed { value, trail: Trail::Root, notes: &notes });
        let unknown = notes.unknown.take();
        let Err(error) = outcome else {
            if found.is_empty() && unknown.is_empty() {
                return outcome.map_err(|_| Vec::new());
            }
            found.extend(unknown);
            break;
        };
        let place = error.place.unwrap_or_default();
        let caused = error.missing.is_some_and(|name| notes.has_passed_over(&place.member(name)));
        if !caused {
            found.push(Finding { place: place.clone(), message: error.message });
        }
        let last = place.0.iter().rposition(|step| matches!(step, Step::Member(_)));
        let member = last.and_then(|last| place.0.get(..=last)).map(|steps| Place(steps.to_vec()));
        let Some(member) = member.filter(|member| !notes.has_passed_over(member)) else {
            found.extend(unknown);
            break;
        };
        notes.passed_over.borrow_mut().push(member);
    }
    found.truncate(DOCUMENT_PROBLEMS_MAX);
    for finding in &mut found {
        let steps = base.0.iter().chain(&finding.place.0).cloned().collect();
        finding.place = Place(steps);
    }
    Err(found)
}

#[derive(Default)]
struct Notes {
    unknown: RefCell<Vec<Finding>>,
    passed_over: RefCell<Vec<Place>>,
}

impl Notes {
    fn has_passed_over(&self, place: &Place) -> bool {
        self.passed_over.borrow().contains(place)
    }
}

/// A tree's value on its way to a noun.
#[derive(Clone, Copy)]
pub(super) struct Typed<'a> {
    value: &'a Value,
    trail: Trail<'a>,
    notes: &'a Notes,
}

/// Why a value is not what it should be.
#[derive(Debug)]
pub(super) struct Error {
    place: Option<Place>,
    message: String,
    /// The member that is missing, when that is why.
    missing: Option<&'static str>,
}

impl Error {
    fn at(mut self, trail: Trail<'_>) -> Self {
        self.place.get_or_insert_with(|| trail.place());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { place: None, message: message.to_string(), missing: None }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let hint = match found {
            Unexpected::Unsigned(_)
            | Unexpected::Signed(_)
            | Unexpected::Float(_)
            | Unexpected::Bool(_)
                if expected.to_string().contains("string") =>
            {
                " (put it in quotes)"
            }
            _ => "",
        };
        Self::custom(format_args!("is {}, expected {}{hint}", kind_of(found), plain(expected)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        match found {
            Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => {
                Self::custom(format_args!("is a number out of range, expected {}", plain(expected)))
            }
            _ => Self::custom(format_args!("is not {}", plain(expected))),
        }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(unknown("value", variant, expected))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(unknown("field", field, expected))
    }

    fn missing_field(field: &'static str) -> Self {
        let message = format!("`{field}` is missing");
        Self { place: None, message, missing: Some(field) }
    }
}

fn unknown(what: &str, word: &str, expected: &[&str]) -> String {
    let suggestion = did_you_mean(word, expected.iter().copied());
    let known = one_of(expected.iter().copied());
    let end = if suggestion.is_empty() { "; " } else { " " };
    format!("unknown {what} `{}`{suggestion}{end}known here: {known}", shown(word))
}

/// What was found, never its content.
fn kind_of(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "true or false",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
        Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::Bytes(_) => "a string",
        Unexpected::Unit | Unexpected::Option => "empty",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a mapping",
        _ => "something else",
    }
}

/// What serde expects, in the words of documents.
fn plain(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a mapping".to_owned(),
        "a boolean" => "true or false".to_owned(),
        text if text.starts_with("struct ") => "a mapping".to_owned(),
        text if text.starts_with("enum ") => "one of its names".to_owned(),
        text => text.to_owned(),
    }
}

impl<'a> Typed<'a> {
    fn any<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), _, _) => visitor.visit_u64(value),
                (None, Some(value), _) => visitor.visit_i64(value),
                (None, None, Some(value)) => visitor.visit_f64(value),
                (None, None, None) => Err(de::Error::custom("is not a number")),
            },
            Value::String(text) => visitor.visit_str(text),
            Value::Array(elements) => {
                let elements = elements.iter().enumerate();
                visitor.visit_seq(Elements { elements, of: self })
            }
            Value::Object(members) => visitor.visit_map(Members {
                members: members.iter(),
                of: self,
                known: None,
                next: None,
            }),
        }
    }

    fn passed_over(&self, trail: Trail<'_>) -> bool {
        let passed_over = self.notes.passed_over.borrow();
        !passed_over.is_empty() && passed_over.contains(&trail.place())
    }

    fn note_unknown(&self, name: &str, known: &[&str]) {
        let mut notes = self.notes.unknown.borrow_mut();
        if notes.len() < DOCUMENT_PROBLEMS_MAX {
            let place = Trail::Member(&self.trail, name).place();
            notes.push(Finding { place, message: unknown("field", name, known) });
        }
    }
}

impl<'de> Deserializer<'de> for Typed<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.any(visitor).map_err(|error| error.at(self.trail))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
        .map_err(|error| error.at(self.trail))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self).map_err(|error| error.at(self.trail))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let Value::Object(members) = self.value else {
            return self.deserialize_any(visitor);
        };
        let members = Members { members: members.iter(), of: self, known: Some(known), next: None };
        visitor.visit_map(members).map_err(|error| error.at(self.trail))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let (name, content) = match self.value {
            Value::String(name) => (name.as_str(), None),
            Value::Object(members) => match only_member(members) {
                Some((name, content)) => (name.as_str(), Some(content)),
                None => {
                    let message = format!(
                        "has exactly one member, one of {}",
                        one_of(variants.iter().copied())
                    );
                    return Err(<Error as de::Error>::custom(message).at(self.trail));
                }
            },
            _ => return self.deserialize_any(visitor),
        };
        visitor.visit_enum(Choice { name, content, of: self }).map_err(|error| error.at(self.trail))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

fn only_member(members: &Map<String, Value>) -> Option<(&String, &Value)> {
    let mut members = members.iter();
    members.next().filter(|_| members.next().is_none())
}

struct Elements<'a> {
    elements: std::iter::Enumerate<std::slice::Iter<'a, Value>>,
    of: Typed<'a>,
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        let Some((index, value)) = self.elements.next() else {
            return Ok(None);
        };
        let trail = Trail::Element(&self.of.trail, index);
        seed.deserialize(Typed { value, trail, notes: self.of.notes }).map(Some)
    }
}

struct Members<'a> {
    members: serde_json::map::Iter<'a>,
    of: Typed<'a>,
    /// The names that a structure has; others are noted. `None`: every name is right.
    known: Option<&'static [&'static str]>,
    next: Option<(&'a str, &'a Value)>,
}

impl<'de> MapAccess<'de> for Members<'_> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        for (name, value) in self.members.by_ref() {
            if self.of.passed_over(Trail::Member(&self.of.trail, name)) {
                continue;
            }
            if let Some(known) = self.known.filter(|known| !known.contains(&name.as_str())) {
                self.of.note_unknown(name, known);
                continue;
            }
            self.next = Some((name, value));
            let key: StrDeserializer<'_, Error> = name.as_str().into_deserializer();
            return seed.deserialize(key).map(Some);
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let (name, value) =
            self.next.take().ok_or_else(|| <Error as de::Error>::custom("has no value"))?;
        let trail = Trail::Member(&self.of.trail, name);
        seed.deserialize(Typed { value, trail, notes: self.of.notes })
    }
}

/// A variant: a name alone, or a mapping with the name as its one member.
struct Choice<'a> {
    name: &'a str,
    content: Option<&'a Value>,
    of: Typed<'a>,
}

impl<'a, 'de> EnumAccess<'de> for Choice<'a> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let name: StrDeserializer<'_, Error> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl Choice<'_> {
    fn with_content<T>(
        &self,
        read: impl FnOnce(Typed<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Some(value) = self.content else {
            let message = format!("`{}` needs a value: write `{0}: …`", shown(self.name));
            return Err(de::Error::custom(message));
        };
        let trail = Trail::Member(&self.of.trail, self.name);
        read(Typed { value, trail, notes: self.of.notes })
    }
}

impl<'de> VariantAccess<'de> for Choice<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.content {
            None | Some(Value::Null) => Ok(()),
            Some(Value::Object(members)) if members.is_empty() => Ok(()),
            Some(_) => {
                Err(de::Error::custom(format_args!("`{}` takes no value", shown(self.name))))
            }
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        self.with_content(|content| seed.deserialize(content))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Error> {
        self.with_content(|content| content.deserialize_any(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.with_content(|content| content.deserialize_struct("", fields, visitor))
    }
}
