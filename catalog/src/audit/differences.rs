//! What differs between two JSON values, member by member.

use serde_json::{Value, json};

/// Members told of one change; beyond it only that there are more.
const DIFFERENCES_MAX: usize = 200;

/// The members that differ: `{"path": "/limits/eventsPerSecond", "before": 1, "after": 2}`, by JSON
/// Pointer; what was not there before, or is not any more, lacks that side.
pub(super) fn differences(before: &Value, after: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    walk(before, after, &mut String::new(), &mut found);
    if found.len() > DIFFERENCES_MAX {
        let more = found.len() - DIFFERENCES_MAX;
        found.truncate(DIFFERENCES_MAX);
        found.push(json!({ "more": more }));
    }
    found
}

fn walk(before: &Value, after: &Value, path: &mut String, found: &mut Vec<Value>) {
    if before == after {
        return;
    }
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        found.push(json!({ "path": path, "before": before, "after": after }));
        return;
    };
    let length = path.len();
    for (name, value) in old {
        push(path, name);
        match new.get(name) {
            Some(other) => walk(value, other, path, found),
            None => found.push(json!({ "path": path, "before": value })),
        }
        path.truncate(length);
    }
    for (name, value) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
        push(path, name);
        found.push(json!({ "path": path, "after": value }));
        path.truncate(length);
    }
}

/// One more step of a JSON Pointer (RFC 6901).
fn push(path: &mut String, name: &str) {
    path.push('/');
    path.push_str(&name.replace('~', "~0").replace('/', "~1"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_differ_are_told_with_both_sides() {
        let before = json!({ "a": 1, "b": { "c": [1], "d/e": true }, "gone": null });
        let after = json!({ "a": 1, "b": { "c": [2], "d/e": true }, "new": "x" });
        let found = differences(&before, &after);
        let expected = [
            json!({ "path": "/b/c", "before": [1], "after": [2] }),
            json!({ "path": "/gone", "before": null }),
            json!({ "path": "/new", "after": "x" }),
        ];
        assert_eq!(found, expected);
        assert!(differences(&before, &before).is_empty());
        let odd = differences(&json!({ "a/~": 1 }), &json!({ "a/~": 2 }));
        assert_eq!(odd[0]["path"], "/a~1~0");
    }

    #[test]
    fn a_flood_of_differences_is_cut() {
        let many = |value: i64| -> Value {
            (0..1_000)
                .map(|n| (n.to_string(), json!(value)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        let found = differences(&many(1), &many(2));
        assert_eq!(found.len(), DIFFERENCES_MAX + 1);
        assert_eq!(found[DIFFERENCES_MAX], json!({ "more": 800 }));
    }
}
