//! Records that are too large for a sink: what happened is told, what it changed is not.

use catalog::audit::Record;
use serde_json::{Value, json};

/// The record's event if it fits, or one that says how much of it was left out and where it is
/// whole: number and hash lead to it.
pub fn event(record: &Record, bytes_max: usize) -> String {
    if record.event.len() <= bytes_max {
        return record.event.clone();
    }
    let event: Value = serde_json::from_str(&record.event).unwrap_or_default();
    let mut reduced = event.clone();
    let actor = event.pointer("/data/actor");
    if let Some(members) = reduced.as_object_mut() {
        let hash = record.hash.to_string();
        let omitted = json!({ "actor": actor, "omittedBytes": record.event.len(), "hash": hash });
        members.insert("data".to_owned(), omitted);
    }
    reduced.to_string()
}

#[cfg(test)]
mod tests {
    use catalog::audit::Hash;

    use super::*;

    #[test]
    fn what_is_too_large_is_told_without_what_it_changed() {
        let event = json!({
            "id": "7", "subject": "Endpoint/orders",
            "data": {"actor": {"name": "anna"}, "after": "x".repeat(5_000)},
        });
        let record = Record { number: 7, hash: Hash([1; 32]), event: event.to_string() };
        assert_eq!(super::event(&record, 100_000), record.event);
        let reduced: Value = serde_json::from_str(&super::event(&record, 4_000)).unwrap();
        assert_eq!(reduced["id"], "7");
        assert_eq!(reduced["data"]["actor"]["name"], "anna");
        assert_eq!(reduced["data"]["omittedBytes"], record.event.len());
        assert!(reduced["data"].get("after").is_none());
    }
}
