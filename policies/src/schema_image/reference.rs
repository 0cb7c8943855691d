//! References inside the schema. Each target gets a definition of its own for each way in which
//! rules reach it; what is not referred to any more is gone.

use serde_json::{Map, Value, json};

use super::{SchemaImageError, State, Work};

/// Where the image keeps its definitions. Every draft lets references lead there.
pub(super) const DEFINITIONS: &str = "$defs";

impl Work<'_> {
    /// What stands in place of `{"$ref": target}`. Nothing, where the target is out of the schema.
    pub(super) fn reference(
        &mut self,
        target: &str,
        state: &State,
        depth: usize,
    ) -> Result<Map<String, Value>, SchemaImageError> {
        let pointer = target.strip_prefix('#').map(decoded);
        if pointer.as_deref() == Some(self.own) && state == &self.places.start() {
            return Ok(object(json!({"$ref": "#"})));
        }
        let found = pointer.as_deref().and_then(|pointer| self.root.pointer(pointer));
        let Some(found) = found else {
            return Ok(Map::new());
        };
        let key = (target.to_owned(), state.clone());
        if let Some(name) = self.names.get(&key) {
            return Ok(led_to(name));
        }
        let name = self.free_name(target);
        // Named before it is made: it may refer to itself.
        self.names.insert(key, name.clone());
        self.definitions.insert(name.clone(), Value::Bool(true));
        let image = self.image(found, state, depth + 1)?;
        self.definitions.insert(name.clone(), image);
        Ok(led_to(&name))
    }

    /// The target's own name, or that with a number.
    fn free_name(&self, target: &str) -> String {
        let last = target.rsplit('/').next().unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let own: String = last.chars().filter(|c| plain(*c)).collect();
        let own = if own.is_empty() { "schema".to_owned() } else { own };
        if !self.definitions.contains_key(&own) {
            return own;
        }
        // Bounded: each definition counts as a subschema.
        let numbered = (2..).map(|number| format!("{own}-{number}"));
        numbered.into_iter().find(|name| !self.definitions.contains_key(name)).unwrap_or(own)
    }
}

fn led_to(name: &str) -> Map<String, Value> {
    object(json!({"$ref": format!("#/{DEFINITIONS}/{name}")}))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// Fragments of URIs have some characters written as `%xx` (RFC 3986, 2.1).
fn decoded(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match tail {
            [high, low, after @ ..] if *first == b'%' => hex(*high).zip(hex(*low)).zip(Some(after)),
            _ => None,
        };
        match escaped {
            Some(((high, low), after)) => {
                bytes.push(high * 16 + low);
                rest = after;
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| fragment.to_owned())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
