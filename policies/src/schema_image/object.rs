//! Members: hidden ones are gone, changed ones have another shape.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{SchemaImageError, State, Work};

/// Where schemas name members whose presence they demand.
const DEMANDS: [&str; 2] = ["dependentRequired", "dependencies"];

impl Work<'_> {
    pub(super) fn object(
        &mut self,
        keywords: &Map<String, Value>,
        state: &State,
        depth: usize,
        image: &mut Map<String, Value>,
    ) -> Result<(), SchemaImageError> {
        if let Some(Value::Object(properties)) = keywords.get("properties") {
            let mut seen = Map::new();
            for (name, schema) in properties {
                let state = self.places.member(state, name);
                if !self.places.removes(&state) {
                    seen.insert(name.clone(), self.image(schema, &state, depth + 1)?);
                }
            }
            image.insert("properties".to_owned(), Value::Object(seen));
        }
        let properties = keywords.get("properties").and_then(Value::as_object);
        let is_property = |name: &str| properties.is_some_and(|all| all.contains_key(name));
        if let Some(Value::Object(patterns)) = keywords.get("patternProperties") {
            let states = self.member_states(state, |_| true);
            let mut seen = Map::new();
            for (pattern, schema) in patterns {
                if let Some(schema) = self.at_any(schema, &states, depth)? {
                    seen.insert(pattern.clone(), schema);
                }
            }
            image.insert("patternProperties".to_owned(), Value::Object(seen));
        }
        if let Some(schema) = keywords.get("additionalProperties") {
            // `false` stays `false`: what is not there has no image.
            let states = self.member_states(state, |name| !is_property(name));
            if let Some(schema) = match schema {
                Value::Bool(_) => Some(schema.clone()),
                schema => self.at_any(schema, &states, depth)?,
            } {
                image.insert("additionalProperties".to_owned(), schema);
            }
        }
        if let Some(Value::Object(schemas)) = keywords.get("dependentSchemas") {
            let seen = self.each(schemas, state, depth)?;
            image.insert("dependentSchemas".to_owned(), seen);
        }
        self.demands(keywords, state, depth, image)
    }

    /// What must be there, but for what may be taken out.
    fn demands(
        &mut self,
        keywords: &Map<String, Value>,
        state: &State,
        depth: usize,
        image: &mut Map<String, Value>,
    ) -> Result<(), SchemaImageError> {
        if let Some(Value::Array(names)) = keywords.get("required") {
            let names = self.staying(names, state);
            image.insert("required".to_owned(), Value::Array(names));
        }
        for keyword in DEMANDS {
            let Some(Value::Object(demands)) = keywords.get(keyword) else { continue };
            let mut seen = Map::new();
            for (name, demand) in demands {
                let demand = match demand {
                    Value::Array(names) => Value::Array(self.staying(names, state)),
                    schema => self.image(schema, state, depth + 1)?,
                };
                seen.insert(name.clone(), demand);
            }
            image.insert(keyword.to_owned(), Value::Object(seen));
        }
        let states = self.member_states(state, |_| true);
        let removes = states.iter().any(|state| self.places.removes(state));
        if let Some(least) = keywords.get("minProperties").filter(|_| !removes) {
            image.insert("minProperties".to_owned(), least.clone());
        }
        Ok(())
    }

    fn staying(&self, names: &[Value], state: &State) -> Vec<Value> {
        let stays = |name: &&Value| {
            let name = name.as_str().unwrap_or_default();
            !self.places.removes(&self.places.member(state, name))
        };
        names.iter().filter(stays).cloned().collect()
    }

    /// The different states of members whose names may be `among` these.
    fn member_states(&self, state: &State, among: impl Fn(&str) -> bool) -> Vec<State> {
        let named = self.places.names(state).into_iter().filter(|name| among(name));
        let states = named.map(|name| self.places.member(state, name));
        let mut states: BTreeSet<State> = states.collect();
        states.insert(self.places.other_member(state));
        states.into_iter().collect()
    }
}
