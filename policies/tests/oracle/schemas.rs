//! Schemas that a value is valid under, with most of what JSON Schema can say.

use serde_json::{Map, Value, json};

use super::generate::Random;

/// Makes schemas that a value is valid under.
pub struct Schemas<'a> {
    random: &'a mut Random,
    definitions: Map<String, Value>,
}

impl Schemas<'_> {
    /// A schema of a value.
    pub fn of(random: &mut Random, value: &Value) -> Value {
        let mut all = Schemas { random, definitions: Map::new() };
        let mut schema = all.schema(value, 0);
        if let Some(root) = schema.as_object_mut() {
            root.insert("$defs".to_owned(), Value::Object(all.definitions));
        }
        schema
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
