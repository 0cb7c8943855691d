//! What a chain does to the shape of values: from the JSON Schema of a topic's values to the schema
//! of what a subscriber sees (its *image*).
//!
//! Whatever is valid under the schema has an image that is valid under the schema's image. Where
//! that cannot be said precisely, the image says less, never something wrong. Nothing of what a
//! rule hides is left in it: no example, no default, no definition that only a hidden field used.
//!
//! Deliberately absent: what `keepWhen` says about values, and references out of the schema.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::Rule;

mod array;
mod effect;
mod object;
mod position;
mod reference;

#[cfg(test)]
mod tests;

use effect::Effect;
use position::{Places, State};

/// How deep schemas may nest, references followed; below that the image says nothing.
const DEPTH_MAX: usize = 64;

/// Most subschemas of an image: rules with `..` can multiply definitions.
const SUBSCHEMAS_MAX: usize = 20_000;

/// The keyword that says what a rule did at a place.
pub const MARK: &str = "x-sluicegate-policy";

/// Keywords that describe for people and hold no value of the data.
const ANNOTATIONS: [&str; 6] =
    ["title", "description", "deprecated", "readOnly", "writeOnly", "$comment"];

/// Keywords about one value, which no rule for values inside it can change.
const OF_THE_VALUE: [&str; 16] = [
    "type",
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "contentEncoding",
    "contentMediaType",
    "maxProperties",
    "maxItems",
    "propertyNames",
    "nullable",
];

/// Why a schema has no image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaImageError {
    /// A rule's path is not one; a policy that was applied has none of these.
    #[error("rule {rule}: {message}")]
    Rule {
        /// Index of the rule.
        rule: usize,
        /// What is wrong.
        message: String,
    },
    /// The schema and the rules together make too large an image.
    #[error("the image of the schema has more than {SUBSCHEMAS_MAX} subschemas")]
    TooLarge,
}

/// The schema of the images of values that are valid under `schema` (JSON Schema, draft 7 to
/// 2020-12), as rules leave them.
///
/// # Errors
/// [`SchemaImageError`].
pub fn schema_image(schema: &Value, rules: &[Rule]) -> Result<Value, SchemaImageError> {
    Work::new(schema, "", &Places::new(rules)?).whole(schema)
}

/// A schema that stands in a document, taken out of it with all that it refers to. `pointer` is
/// where it stands (RFC 6901); `None`: nothing stands there, or too much belongs to it.
pub fn schema_out_of(document: &Value, pointer: &str) -> Option<Value> {
    let schema = document.pointer(pointer)?;
    Work::new(document, pointer, &Places::new(&[]).ok()?).whole(schema).ok()
}

/// One schema on its way.
struct Work<'a> {
    /// Where references lead.
    root: &'a Value,
    /// Where in it the schema itself stands.
    own: &'a str,
    places: &'a Places,
    /// Definitions of the image.
    definitions: BTreeMap<String, Value>,
    /// Their names, by what they are the image of.
    names: BTreeMap<(String, State), String>,
    count: usize,
}

impl<'a> Work<'a> {
    fn new(root: &'a Value, own: &'a str, places: &'a Places) -> Self {
        let (definitions, names) = (BTreeMap::new(), BTreeMap::new());
        Work { root, own, places, definitions, names, count: 0 }
    }

    /// The image of the whole schema, with its definitions.
    fn whole(mut self, schema: &Value) -> Result<Value, SchemaImageError> {
        let mut image = self.image(schema, &self.places.start(), 0)?;
        if let Value::Object(image) = &mut image {
            for keyword in ["$schema", "$id"] {
                if let Some(value) = schema.get(keyword) {
                    image.insert(keyword.to_owned(), value.clone());
                }
            }
            if !self.definitions.is_empty() {
                let definitions = self.definitions.into_iter().collect();
                image.insert(reference::DEFINITIONS.to_owned(), Value::Object(definitions));
            }
        }
        Ok(image)
    }

    /// The image of a schema of values at a place.
    fn image(
        &mut self,
        schema: &Value,
        state: &State,
        depth: usize,
    ) -> Result<Value, SchemaImageError> {
        self.count += 1;
        if self.count > SUBSCHEMAS_MAX {
            return Err(SchemaImageError::TooLarge);
        }
        if let Some(effect) = self.places.effect(state) {
            return Ok(changed(schema, effect));
        }
        let Value::Object(keywords) = schema else {
            return Ok(schema.clone());
        };
        if depth > DEPTH_MAX {
            return Ok(Value::Bool(true));
        }
        if state.is_dead() {
            return self.untouched(keywords, depth);
        }
        let mut image = Map::new();
        for (keyword, value) in keywords {
            match keyword.as_str() {
                "const" if !is_scalar(value) => {}
                "enum" if !value.as_array().is_some_and(|all| all.iter().all(is_scalar)) => {}
                "const" | "enum" => {
                    image.insert(keyword.clone(), value.clone());
                }
                name if ANNOTATIONS.contains(&name) || OF_THE_VALUE.contains(&name) => {
                    image.insert(keyword.clone(), value.clone());
                }
                _ => {}
            }
        }
        self.combined(keywords, state, depth, &mut image)?;
        self.object(keywords, state, depth, &mut image)?;
        self.array(keywords, state, depth, &mut image)?;
        Ok(Value::Object(image))
    }

    /// A schema that no rule reaches: as it is, with its references led to where they are kept.
    fn untouched(
        &mut self,
        keywords: &Map<String, Value>,
        depth: usize,
    ) -> Result<Value, SchemaImageError> {
        let mut image = Map::new();
        for (keyword, value) in keywords {
            let value = match (keyword.as_str(), value) {
                ("$defs" | "definitions" | "$schema" | "$id", _) => continue,
                ("$ref", Value::String(target)) => {
                    let target = self.reference(target, &State::dead(), depth)?;
                    image.extend(target);
                    continue;
                }
                ("const" | "enum" | "default" | "examples" | "example", value) => value.clone(),
                (name, value) if name.starts_with("x-") => value.clone(),
                (
                    "properties" | "patternProperties" | "dependentSchemas" | "dependencies",
                    Value::Object(children),
                ) => self.each(children, &State::dead(), depth)?,
                (_, Value::Object(_)) => self.image(value, &State::dead(), depth + 1)?,
                (_, Value::Array(children)) => {
                    let child = |child: &Value| self.image(child, &State::dead(), depth + 1);
                    Value::Array(children.iter().map(child).collect::<Result<_, _>>()?)
                }
                (_, value) => value.clone(),
            };
            image.insert(keyword.clone(), value);
        }
        Ok(Value::Object(image))
    }

    /// The images of schemas that stand under names, all of them of values at this place.
    fn each(
        &mut self,
        schemas: &Map<String, Value>,
        state: &State,
        depth: usize,
    ) -> Result<Value, SchemaImageError> {
        let image = |(name, schema): (&String, &Value)| {
            Ok((name.clone(), self.image(schema, state, depth + 1)?))
        };
        schemas.iter().map(image).collect::<Result<_, _>>().map(Value::Object)
    }

    /// Keywords that combine schemas of the same value.
    fn combined(
        &mut self,
        keywords: &Map<String, Value>,
        state: &State,
        depth: usize,
        image: &mut Map<String, Value>,
    ) -> Result<(), SchemaImageError> {
        if let Some(Value::String(target)) = keywords.get("$ref") {
            image.extend(self.reference(target, state, depth)?);
        }
        let mut all = Vec::new();
        if let Some(Value::Array(schemas)) = keywords.get("allOf") {
            for schema in schemas {
                all.push(self.image(schema, state, depth + 1)?);
            }
        }
        // Two of `oneOf` may have images that both fit.
        for keyword in ["anyOf", "oneOf"] {
            if let Some(Value::Array(schemas)) = keywords.get(keyword) {
                let images = schemas.iter().map(|schema| self.image(schema, state, depth + 1));
                all.push(any_of(images.collect::<Result<_, _>>()?));
            }
        }
        // What was decided by the value as it came cannot be decided again: one of both holds.
        if let (Some(_), Some(then), Some(otherwise)) =
            (keywords.get("if"), keywords.get("then"), keywords.get("else"))
        {
            let then = self.image(then, state, depth + 1)?;
            all.push(any_of(vec![then, self.image(otherwise, state, depth + 1)?]));
        }
        all.retain(|schema| !is_anything(schema));
        match all.len() {
            0 => {}
            1 if matches!(all.first(), Some(Value::Object(only)) if only.contains_key("anyOf")) => {
                if let Some(Value::Object(only)) = all.pop() {
                    image.extend(only);
                }
            }
            _ => {
                image.insert("allOf".to_owned(), Value::Array(all));
            }
        }
        Ok(())
    }

    /// The image of a schema of children that may be at any of these places. `None` if all of them
    /// are removed.
    fn at_any(
        &mut self,
        schema: &Value,
        states: &[State],
        depth: usize,
    ) -> Result<Option<Value>, SchemaImageError> {
        let mut images = Vec::new();
        for state in states {
            if !self.places.removes(state) {
                images.push(self.image(schema, state, depth + 1)?);
            }
        }
        Ok((!images.is_empty()).then(|| any_of(images)))
    }
}

/// The schema of values that a rule has put in the place of others.
fn changed(schema: &Value, effect: &Effect) -> Value {
    let mut image = Map::new();
    if let Value::Object(keywords) = schema {
        for annotation in ANNOTATIONS {
            if let Some(value) = keywords.get(annotation) {
                image.insert(annotation.to_owned(), value.clone());
            }
        }
    }
    effect.describe(&mut image);
    image.insert(MARK.to_owned(), json!(effect.name()));
    Value::Object(image)
}

/// One of these; `true` where one of them says nothing, `false` where there is none.
fn any_of(schemas: Vec<Value>) -> Value {
    let mut different: Vec<Value> = Vec::new();
    for schema in schemas {
        if is_anything(&schema) {
            return Value::Bool(true);
        }
        if !different.contains(&schema) {
            different.push(schema);
        }
    }
    match different.len() {
        0 | 1 => different.pop().unwrap_or(Value::Bool(false)),
        _ => json!({"anyOf": different}),
    }
}

fn is_anything(schema: &Value) -> bool {
    match schema {
        Value::Bool(anything) => *anything,
        Value::Object(keywords) => keywords.is_empty(),
        _ => false,
    }
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_))
}
