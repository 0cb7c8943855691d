//! Bounds of numbers, lengths and counts.

use serde_json::{Map, Value};

use crate::change_report::Effect;

/// What they are called.
pub(super) const KEYWORDS: &[&str] = &[
    "minimum",
    "exclusiveMinimum",
    "minLength",
    "minItems",
    "minProperties",
    "maximum",
    "exclusiveMaximum",
    "maxLength",
    "maxItems",
    "maxProperties",
    "multipleOf",
    "uniqueItems",
];

/// How many of [`KEYWORDS`] are lower bounds; as many upper bounds follow.
const LOWER: usize = 5;
const UPPER: usize = 5;

/// Tells what became stricter and what did not.
pub(super) fn compare(
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    mut tell: impl FnMut(Effect, String),
) {
    let number = |schema: &Map<String, Value>, keyword| schema.get(keyword).and_then(Value::as_f64);
    let bounds = KEYWORDS.iter().take(LOWER).map(|keyword| (keyword, false));
    let bounds =
        bounds.chain(KEYWORDS.iter().skip(LOWER).take(UPPER).map(|keyword| (keyword, true)));
    for (keyword, upper) in bounds {
        let stricter = match (number(old, *keyword), number(new, *keyword)) {
            (None, None) => continue,
            (None, Some(_)) => true,
            (Some(_), None) => false,
            (Some(one), Some(two)) if one == two => continue,
            (Some(one), Some(two)) => (two < one) == upper,
        };
        match stricter {
            true => tell(Effect::Narrows, format!("`{keyword}` is stricter")),
            false => tell(Effect::Widens, format!("`{keyword}` is less strict")),
        }
    }
    let unique =
        |schema: &Map<String, Value>| schema.get("uniqueItems") == Some(&Value::Bool(true));
    match (unique(old), unique(new)) {
        (false, true) => tell(Effect::Narrows, "elements must differ now".to_owned()),
        (true, false) => tell(Effect::Widens, "elements may be the same now".to_owned()),
        _ => {}
    }
    match (number(old, "multipleOf"), number(new, "multipleOf")) {
        (None, Some(_)) => tell(Effect::Narrows, "`multipleOf` is demanded now".to_owned()),
        (Some(_), None) => tell(Effect::Widens, "`multipleOf` is not demanded any more".to_owned()),
        (one, two) if one != two => tell(Effect::Unknown, "`multipleOf` is another".to_owned()),
        _ => {}
    }
}
