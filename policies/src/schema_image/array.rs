//! Elements. When one can be taken out, those behind it move: nothing is said by index then.

use serde_json::{Map, Value};

use super::{SchemaImageError, State, Work, any_of};

impl Work<'_> {
    pub(super) fn array(
        &mut self,
        keywords: &Map<String, Value>,
        state: &State,
        depth: usize,
        image: &mut Map<String, Value>,
    ) -> Result<(), SchemaImageError> {
        let Some(states) = self.places.elements(state, 0) else {
            return Ok(());
        };
        let removes = states.iter().any(|state| self.places.removes(state));
        let touches = states.iter().any(|state| !state.is_dead());
        let tuple = tuple(keywords);
        if removes && tuple.is_some() {
            self.moved(keywords, &states, depth, image)?;
        } else {
            self.elements(keywords, state, depth, image)?;
        }
        let mut keep = |keyword: &str| {
            if let Some(value) = keywords.get(keyword) {
                image.insert(keyword.to_owned(), value.clone());
            }
        };
        if !removes {
            keep("minItems");
        }
        if !touches {
            ["uniqueItems", "maxContains"].into_iter().for_each(&mut keep);
        }
        if let Some(contained) = keywords.get("contains").filter(|_| !removes) {
            keep("minContains");
            if let Some(contained) = self.at_any(contained, &states, depth)? {
                image.insert("contains".to_owned(), contained);
            }
        }
        Ok(())
    }

    /// Elements that stay where they are.
    fn elements(
        &mut self,
        keywords: &Map<String, Value>,
        state: &State,
        depth: usize,
        image: &mut Map<String, Value>,
    ) -> Result<(), SchemaImageError> {
        let tuple = tuple(keywords);
        let mut first = 0;
        if let Some((keyword, schemas)) = tuple {
            let mut seen = Vec::new();
            for schema in schemas {
                let state = self.places.element(state, first);
                seen.push(self.image(schema, &state, depth + 1)?);
                first += 1;
            }
            image.insert(keyword.to_owned(), Value::Array(seen));
        }
        if let Some((keyword, schema)) = rest(keywords) {
            let states = self.places.elements(state, first).unwrap_or_default();
            let seen = match schema {
                Value::Bool(_) => Some(schema.clone()),
                schema => self.at_any(schema, &states, depth)?,
            };
            // Where all are removed, none are left.
            image.insert(keyword.to_owned(), seen.unwrap_or(Value::Bool(false)));
        }
        Ok(())
    }

    /// Elements of which some are taken out: any may be anywhere.
    fn moved(
        &mut self,
        keywords: &Map<String, Value>,
        states: &[State],
        depth: usize,
        image: &mut Map<String, Value>,
    ) -> Result<(), SchemaImageError> {
        let (_, schemas) = tuple(keywords).unwrap_or_default();
        let beyond = rest(keywords).map_or(Value::Bool(true), |(_, schema)| schema.clone());
        let mut seen = Vec::new();
        for schema in schemas.iter().chain([&beyond]).filter(|schema| **schema != false) {
            seen.extend(self.at_any(schema, states, depth)?);
        }
        image.insert("items".to_owned(), any_of(seen));
        Ok(())
    }
}

/// Schemas by index, and their keyword: it was `items` before 2020-12.
fn tuple(keywords: &Map<String, Value>) -> Option<(&'static str, &[Value])> {
    ["prefixItems", "items"]
        .into_iter()
        .find_map(|keyword| Some((keyword, keywords.get(keyword)?.as_array()?.as_slice())))
}

/// The schema of the elements behind those, and its keyword.
fn rest(keywords: &Map<String, Value>) -> Option<(&'static str, &Value)> {
    match keywords.get("items") {
        Some(Value::Array(_)) => keywords.get("additionalItems").map(|s| ("additionalItems", s)),
        items => items.map(|schema| ("items", schema)),
    }
}
