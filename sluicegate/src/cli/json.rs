//! Members of the server's answers, as commands print them: what is missing shows as such.

use serde_json::Value;

/// A member that is a list; missing: an empty one.
pub(super) fn list<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    let found = value.get(member).and_then(Value::as_array);
    found.map_or(&[], Vec::as_slice)
}

/// A member that is a text; missing: `?`.
pub(super) fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value.get(member).and_then(Value::as_str).unwrap_or("?")
}
