//! Whatever is valid under a schema has an image that is valid under the schema's image: generated
//! documents, schemas that they are valid under, and rules. `SLUICEGATE_PROPERTY_DOCUMENTS` and
//! `SLUICEGATE_PROPERTY_SEED` as in `property.rs`.
#![allow(clippy::unwrap_used, dead_code)] // A test may.

mod oracle;

use oracle::compare::chain;
use oracle::generate::{Random, document, rules};
use policies::{Part, RecordView, Rule, Scratch, Verdict, schema_image};
use serde_json::{Map, Value, json};

/// Fewer than the engine's: each compiles two schemas.
const DOCUMENTS_DEFAULT: u64 = 3_000;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn images_of_valid_values_are_valid() {
    let documents = number("SLUICEGATE_PROPERTY_DOCUMENTS", DOCUMENTS_DEFAULT);
    let first = number("SLUICEGATE_PROPERTY_SEED", 0);
    let (mut changed, mut told) = (0_u64, 0_u64);
    let mut scratch = Scratch::default();
    for seed in first..first + documents {
        let mut random = Random(seed);
        let (oracle_rules, text) = (rules(&mut random), document(&mut random));
        let Ok(value) = serde_json::from_slice::<Value>(&text) else { continue };
        let mut schema = Schemas { random: &mut random, definitions: Map::new() }.of(&value, 0);
        if let (Some(root), definitions) = (schema.0.as_object_mut(), schema.1) {
            root.insert("$defs".to_owned(), Value::Object(definitions));
        }
        let schema = schema.0;
        if !jsonschema::is_valid(&schema, &value) {
            panic!("seed {seed}: the test's own schema is wrong: {schema} of {value}");
        }
        let chain = chain(&oracle_rules);
        let record = RecordView { key: None, value: Some(&text), headers: &[] };
        let seen = match (chain.apply(&record, &mut scratch), scratch.value()) {
            (Verdict::Keep, _) => value.clone(),
            (Verdict::Replace, Part::New(seen)) => serde_json::from_slice(seen).unwrap(),
            _ => continue,
        };
        changed += u64::from(seen != value);
        let documents = oracle_rules.iter().map(|rule| rule.document());
        let documents: Vec<Value> = documents.collect();
        let parsed: Vec<Rule> =
            documents.iter().map(|rule| serde_json::from_value(rule.clone()).unwrap()).collect();
        let image = schema_image(&schema, &parsed).unwrap();
        let shown = || format!("seed {seed}\n{schema}\n{image}\n{value}\n{seen}\n{documents:?}");
        assert!(jsonschema::is_valid(&image, &seen), "{}", shown());
        // An image that says nothing would be true of everything.
        told += u64::from(seen != value && !jsonschema::is_valid(&image, &json!({"!": [[]]})));
    }
    assert!(documents < DOCUMENTS_DEFAULT || changed > documents / 20, "{changed} changed");
    assert!(told > changed / 3, "{told} images of {changed} say something");
}

/// Makes schemas that a value is valid under.
struct Schemas<'a> {
    random: &'a mut Random,
    definitions: Map<String, Value>,
}

impl Schemas<'_> {
    fn of(mut self, value: &Value, depth: usize) -> (Value, Map<String, Value>) {
        let schema = self.schema(value, depth);
        (schema, self.definitions)
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.random.below(n as usize) == 0
    }

    fn schema(&mut self, value: &Value, depth: usize) -> Value {
        if depth > 12 || self.one_in(12) {
            return json!(true);
        }
        let mut schema = json!({"examples": [value], "title": "a value"});
        if !self.one_in(5) {
            schema["type"] = json!(kind(value));
        }
        if self.one_in(10) {
            schema["const"] = value.clone();
        }
        if self.one_in(8) {
            schema["enum"] = json!(["another", value, 7]);
        }
        match value {
            Value::Object(members) => self.object(members, &mut schema, depth),
            Value::Array(elements) => self.array(elements, &mut schema, depth),
            Value::String(text) => schema["maxLength"] = json!(text.chars().count()),
            _ => {}
        }
        match self.random.below(14) {
            0 => json!({"anyOf": [{"type": "null", "title": "no"}, schema]}),
            1 => json!({"oneOf": [schema, {"not": {}}]}),
            2 => json!({"allOf": [schema, {"not": {"const": "never so"}}]}),
            3 => json!({"if": schema, "then": schema, "else": false}),
            4 => {
                let name = format!("definition{}", self.definitions.len());
                self.definitions.insert(name.clone(), schema);
                json!({"$ref": format!("#/$defs/{name}")})
            }
            _ => schema,
        }
    }

    fn object(&mut self, members: &Map<String, Value>, schema: &mut Value, depth: usize) {
        let (mut properties, mut rest) = (Map::new(), Vec::new());
        for (name, member) in members {
            match self.one_in(4) {
                true => rest.push(self.schema(member, depth + 1)),
                false => drop(properties.insert(name.clone(), self.schema(member, depth + 1))),
            }
        }
        schema["properties"] = Value::Object(properties);
        match (rest.is_empty(), self.one_in(2)) {
            (true, true) => schema["additionalProperties"] = json!(false),
            (false, true) => schema["additionalProperties"] = json!({"anyOf": rest}),
            _ => {}
        }
        let names: Vec<&String> = members.keys().collect();
        if self.one_in(2) {
            schema["required"] = json!(names);
        }
        if let (Some(first), Some(last)) = (names.first(), names.last())
            && self.one_in(4)
        {
            schema["dependentRequired"] = json!({first.as_str(): [last]});
            schema["dependentSchemas"] = json!({last.as_str(): {"required": [first]}});
        }
        if self.one_in(4) {
            schema["minProperties"] = json!(members.len());
            schema["maxProperties"] = json!(members.len());
        }
        if self.one_in(6) {
            let any: Vec<Value> = members.values().map(|m| self.schema(m, depth + 1)).collect();
            let any = if any.is_empty() { json!(true) } else { json!({"anyOf": any}) };
            schema["patternProperties"] = json!({"": any});
        }
    }

    fn array(&mut self, elements: &[Value], schema: &mut Value, depth: usize) {
        let seen: Vec<Value> = elements.iter().map(|e| self.schema(e, depth + 1)).collect();
        match self.random.below(3) {
            0 => {
                schema["prefixItems"] = json!(seen);
                schema["items"] = json!(false);
                if seen.is_empty() {
                    schema.as_object_mut().unwrap().remove("prefixItems");
                }
            }
            1 if !seen.is_empty() => {
                schema["items"] = json!({"anyOf": seen});
                schema["contains"] = seen.first().cloned().unwrap_or(json!(true));
            }
            _ => {}
        }
        if self.one_in(3) {
            schema["minItems"] = json!(elements.len());
            schema["maxItems"] = json!(elements.len());
        }
        let different = elements.iter().enumerate().all(|(i, e)| !elements[..i].contains(e));
        if different && elements.len() < 2 {
            schema["uniqueItems"] = json!(true);
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
