//! The Markdown twin of an endpoint's page: for agents, and for people without a browser.

use std::fmt::Write;

use serde_json::Value;

use super::{Told, line};
use crate::model::{Approval, Plan, Sample};

/// Levels of a schema whose fields are listed.
const DEPTH_MAX: usize = 8;
/// Fields that are listed.
const FIELDS_MAX: usize = 500;

/// The page.
pub fn page(told: &Told<'_>) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut out, told);
    out
}

fn write(out: &mut String, told: &Told<'_>) -> std::fmt::Result {
    let endpoint = told.endpoint;
    writeln!(out, "# {}\n", text(told.title()))?;
    if !endpoint.description.trim().is_empty() {
        writeln!(out, "{}\n", endpoint.description.trim())?;
    }
    writeln!(out, "| | |\n| --- | --- |")?;
    let mut row = |name: &str, value: Option<String>| match value {
        Some(value) => writeln!(out, "| {name} | {} |", text(&value)),
        None => Ok(()),
    };
    row("Address", Some(endpoint.address().to_owned()))?;
    row("Version", Some(endpoint.version.to_string()))?;
    row("State", Some(endpoint.lifecycle.name().to_owned()))?;
    row("Until", endpoint.sunset.map(|day| day.to_string()))?;
    row("Instead", endpoint.successor.clone())?;
    row("Domain", endpoint.domain.clone())?;
    row("Owner", endpoint.owner.clone())?;
    let contact = endpoint.contact.as_ref();
    row("Contact", contact.and_then(|of| of.email.clone().or(of.url.clone()).or(of.name.clone())))?;
    let class =
        endpoint.classification.map(|class| serde_json::to_value(class).unwrap_or_default());
    row("Classification", class.and_then(|class| class.as_str().map(str::to_owned)))?;
    row("Tags", Some(endpoint.tags.join(", ")).filter(|tags| !tags.is_empty()))?;
    row("Events over HTTP", told.events_url())?;
    row("AsyncAPI", Some(format!("{}/asyncapi", told.url())))?;
    if let Some(schema) = &endpoint.schema {
        let mut fields = Vec::new();
        list(&schema.definition.parse(), &mut String::from("$"), 0, &mut fields);
        if !fields.is_empty() {
            writeln!(out, "\n## Fields\n\n| Field | Type | |\n| --- | --- | --- |")?;
        }
        for (path, of_type, what) in fields {
            writeln!(out, "| `{}` | {} | {} |", text(&path), text(&of_type), text(&what))?;
        }
    }
    for Sample { name, value, summary, .. } in &endpoint.samples {
        writeln!(out, "\n## Example: {}\n", text(name))?;
        if let Some(summary) = summary {
            writeln!(out, "{}\n", line(summary))?;
        }
        let shown = value.as_ref().map(|value| serde_json::to_string_pretty(&value.parse()));
        if let Some(Ok(shown)) = shown {
            writeln!(out, "```json\n{}\n```", shown.replace("```", "` ` `"))?;
        }
    }
    if !told.plans.is_empty() {
        writeln!(out, "\n## Plans\n")?;
    }
    for (name, plan) in told.plans {
        writeln!(out, "* `{name}`: {}", offer(plan))?;
    }
    if !endpoint.documentation.trim().is_empty() {
        writeln!(out, "\n## Guide\n\n{}", endpoint.documentation.trim())?;
    }
    Ok(())
}

/// A plan in one line.
fn offer(plan: &Plan) -> String {
    let mut parts = vec![match plan.approval {
        Approval::Automatic => "at once".to_owned(),
        Approval::Owner => "approved by the owner".to_owned(),
    }];
    if let Some(events) = plan.limits.events_per_second {
        parts.push(format!("{events} events a second"));
    }
    if let Some(window) = &plan.replay_window {
        parts.push(format!("history of {window}"));
    }
    if !plan.policies.is_empty() {
        parts.push(format!("redacted by {}", plan.policies.join(", ")));
    }
    parts.join(", ")
}

/// The fields of a JSON Schema, with their paths.
fn list(
    schema: &Value,
    path: &mut String,
    depth: usize,
    fields: &mut Vec<(String, String, String)>,
) {
    if depth > DEPTH_MAX || fields.len() >= FIELDS_MAX {
        return;
    }
    let length = path.len();
    if let Some(Value::Object(properties)) = schema.get("properties") {
        for (name, of) in properties {
            path.push('.');
            path.push_str(name);
            let of_type = match of.get("type") {
                Some(Value::String(one)) => one.clone(),
                Some(Value::Array(several)) => {
                    let several: Vec<_> = several.iter().filter_map(Value::as_str).collect();
                    several.join(" or ")
                }
                _ => String::new(),
            };
            let what = of.get("description").and_then(Value::as_str).unwrap_or_default();
            fields.push((path.clone(), of_type, what.to_owned()));
            list(of, path, depth + 1, fields);
            path.truncate(length);
        }
    }
    if let Some(items) = schema.get("items") {
        path.push_str("[*]");
        list(items, path, depth + 1, fields);
        path.truncate(length);
    }
}

/// A text inside of a line: nothing of it ends a cell or begins a tag.
fn text(text: &str) -> String {
    line(text).replace('|', "\\|").replace('<', "&lt;")
}
