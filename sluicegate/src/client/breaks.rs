//! What a change means for subscribers, for people.

use std::fmt::Write;

use serde_json::Value;

/// Names shown of those who are concerned.
const NAMES_MAX: usize = 5;

/// One plan's subscribers, and what changes for them.
pub fn told(breaks: &Value) -> String {
    let text = |value: &Value, member: &str| {
        value.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let list =
        |member: &str| breaks.get(member).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let names: Vec<_> =
        list("subscriptions").iter().map(|held| text(held, "subscription")).collect();
    let shown = names.iter().take(NAMES_MAX).cloned().collect::<Vec<_>>().join(", ");
    let more = match names.len().saturating_sub(NAMES_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let (endpoint, plan, verdict) =
        (text(breaks, "endpoint"), text(breaks, "plan"), text(breaks, "verdict"));
    let mut told = format!("{verdict} for {endpoint} under {plan} ({shown}{more}):\n");
    for finding in list("findings") {
        let place = format!("{}{}", text(finding, "member"), text(finding, "path"));
        let (verdict, message) = (text(finding, "verdict"), text(finding, "message"));
        // Writing to a string cannot fail.
        let _ = writeln!(told, "  {verdict:<10} {place}: {message}");
    }
    told
}
