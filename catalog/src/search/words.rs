//! Words: what a text is made of, and what somebody means by a word.

use serde_json::Value;

/// Bytes of one text that are indexed: a schema of some thousand fields.
const TEXT_BYTES_MAX: usize = 256 * 1024;
/// Words of a question that are looked for.
const WORDS_MAX: usize = 8;
/// Characters of a word that is told apart.
pub(super) const WORD_CHARS_MAX: usize = 60;
/// Levels of a schema that are looked into.
const DEPTH_MAX: usize = 32;

/// The words of a question, as the index has them.
pub(super) fn of_question(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let short = words.filter(|word| word.chars().count() <= WORD_CHARS_MAX);
    short.map(str::to_lowercase).take(WORDS_MAX).collect()
}

/// Whether nothing is asked for.
pub(super) fn is_empty(text: &str) -> bool {
    of_question(text).is_empty()
}

/// A text with its compound words (`orderId`, `HTTPServer`) also in parts.
pub(super) fn spread(text: &str) -> String {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text.get(..end).unwrap_or_default();
    let mut out = String::with_capacity(text.len() * 5 / 4);
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        out.push_str(word);
        out.push(' ');
        let parts = parts(word);
        if parts.len() > 1 {
            for part in parts {
                out.push_str(part);
                out.push(' ');
            }
        }
    }
    out
}

fn parts(word: &str) -> Vec<&str> {
    let chars: Vec<(usize, char)> = word.char_indices().collect();
    let mut starts = vec![0];
    for at in 1..chars.len() {
        let (Some((_, before)), Some((byte, here))) = (chars.get(at - 1), chars.get(at)) else {
            continue;
        };
        let next_is_small = chars.get(at + 1).is_some_and(|(_, next)| next.is_lowercase());
        let begins = here.is_uppercase() && (before.is_lowercase() || next_is_small)
            || here.is_numeric() != before.is_numeric();
        if begins {
            starts.push(*byte);
        }
    }
    let ends = starts.iter().skip(1).copied().chain([word.len()]);
    starts.iter().zip(ends).filter_map(|(start, end)| word.get(*start..end)).collect()
}

/// The names of a schema's fields, and all of its texts.
pub(super) fn of_schema(definition: &Value) -> (String, String) {
    let (mut names, mut texts) = (String::new(), String::new());
    visit(definition, &mut names, &mut texts, 0);
    (names, texts)
}

fn visit(value: &Value, names: &mut String, texts: &mut String, depth: usize) {
    if depth > DEPTH_MAX || texts.len() > TEXT_BYTES_MAX {
        return;
    }
    match value {
        Value::String(text) => add(texts, text),
        Value::Array(elements) => {
            elements.iter().for_each(|element| visit(element, names, texts, depth + 1));
        }
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member) {
                    // JSON Schema, and the fields of an Avro record.
                    ("properties", Value::Object(fields)) => {
                        fields.keys().for_each(|field| add(names, field));
                    }
                    ("name", Value::String(field)) => add(names, field),
                    _ => {}
                }
                visit(member, names, texts, depth + 1);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn add(to: &mut String, text: &str) {
    to.push_str(text);
    to.push(' ');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compound_words_are_found_whole_and_in_parts() {
        assert_eq!(spread("orderId"), "orderId order Id ");
        assert_eq!(spread("HTTPServer2 x_y"), "HTTPServer2 HTTP Server 2 x y ");
        assert_eq!(spread("plain"), "plain ");
        assert_eq!(of_question("Order-ID  ümlaut!"), ["order", "id", "ümlaut"]);
        assert!(is_empty(" - "));
    }

    #[test]
    fn schemas_are_read_for_their_fields() {
        let schema = serde_json::json!({
            "title": "An order",
            "properties": {"customerMail": {"description": "where to write"}, "lines": {
                "items": {"properties": {"sku": {}}},
            }},
        });
        let (names, texts) = of_schema(&schema);
        assert_eq!(names, "customerMail lines sku ");
        assert_eq!(texts, "An order where to write ");
        let avro = serde_json::json!({"type": "record", "name": "Order", "fields": [
            {"name": "id", "type": "string"},
        ]});
        assert_eq!(of_schema(&avro).0, "Order id ");
    }
}
