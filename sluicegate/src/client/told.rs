//! Problem documents for people.

use std::fmt::Write;

use serde_json::Value;

/// A problem document for people: its title, then every single error at its place.
pub(super) fn told(problem: &Value, source: &str) -> String {
    let text = |value: &Value, member: &str| {
        let text = value.get(member).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let errors = problem.get("errors").and_then(Value::as_array);
    let Some(errors) = errors.filter(|errors| !errors.is_empty()) else {
        let mut told = text(problem, "detail");
        for breaks in problem.get("breaks").and_then(Value::as_array).into_iter().flatten() {
            told.push('\n');
            told.push_str(super::breaks::told(breaks).trim_end());
        }
        return told;
    };
    let mut told = format!("{}; nothing was changed:", text(problem, "title"));
    for error in errors {
        // Writing to a string cannot fail.
        let _ = write!(told, "\n  {}", place(error, source));
        for member in [resource(error), text(error, "path")] {
            if !member.is_empty() {
                let _ = write!(told, "{member}: ");
            }
        }
        told.push_str(&text(error, "message"));
    }
    told
}

fn resource(error: &Value) -> String {
    let member = |name| error.get(name).and_then(Value::as_str);
    match (member("kind"), member("name")) {
        (Some(kind), Some(name)) => format!("{kind}/{name}"),
        _ => String::new(),
    }
}

/// `file:line:column: `, as editors and terminals can follow it.
fn place(error: &Value, source: &str) -> String {
    let number = |name| error.get(name).and_then(Value::as_u64);
    match (number("line"), number("column"), number("document")) {
        (Some(line), Some(column), _) => format!("{source}:{line}:{column}: "),
        (Some(line), None, _) => format!("{source}:{line}: "),
        (None, _, Some(document)) => format!("{source}: document {document}: "),
        (None, _, None) => String::new(),
    }
}
