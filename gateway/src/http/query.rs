//! What a stream's query and `Last-Event-ID` ask for. Anything that is not understood is refused
//! with what would be: a misspelt parameter must not silently mean the default.

#![expect(
    clippy::result_large_err,
    reason = "a refusal is made once per request and handed up at once: a box would gain nothing"
)]

use http::HeaderMap;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::problem::{Problem, kind};
use super::route::decode;
use crate::reader::Start;

/// The parameters there are.
const PARAMETERS: [&str; 4] = ["from", "format", "ticket", "window"];

/// What `from` may be, for people.
const FROM_ALLOWED: [&str; 4] = [
    "earliest",
    "latest",
    "<RFC 3339 time, such as 2026-01-31T12:00:00Z>",
    "<cursor: an event id of this endpoint>",
];

/// What `format` may be.
const FORMAT_ALLOWED: [&str; 2] = ["record", "value"];

/// The shortest cursor there is, in characters; shorter words are misspelt ones.
const CURSOR_CHARACTERS_MIN: usize = 16;

/// The widest window of events that are not acknowledged.
const WINDOW_MAX: u32 = 100_000;

/// What `window` may be.
const WINDOW_ALLOWED: [&str; 1] = ["<number of events, 1 to 100000>"];

/// What stands between a cursor and the tag of a ticket's stream.
pub const TAG_BEGINS: char = '.';

/// Names under which people try to send secrets in the address.
const SECRET_NAMES: [&str; 11] = [
    "access_token",
    "api_key",
    "apikey",
    "auth",
    "authorization",
    "credential",
    "key",
    "password",
    "secret",
    "token",
    "user",
];

/// How events are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A JSON envelope with partition, offset, timestamp, key, headers and value.
    #[default]
    Record,
    /// The value alone.
    Value,
}

/// What a stream was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Where to begin.
    pub start: Start,
    /// How to show events.
    pub format: Format,
    /// The tag of the cursor that it goes on from, if it was told by a ticket's stream.
    pub tag: Option<String>,
    /// Events that may be sent before the first of them is acknowledged; `None`: all.
    pub window: Option<u32>,
}

/// The ticket of a request, without a look at it.
///
/// # Errors
/// 400 if there are several, or one that is not a ticket.
pub fn ticket(query: Option<&str>) -> Result<Option<String>, Problem> {
    let mut tickets = pairs(query).filter(|(name, _)| *name == "ticket").map(|(_, text)| text);
    let Some(first) = tickets.next() else { return Ok(None) };
    match decode(first).filter(|text| text.starts_with("slt_") && tickets.next().is_none()) {
        Some(text) => Ok(Some(text)),
        None => {
            let detail = "Send one ticket, `ticket=slt_…`, as `POST /v1/tickets` made it.";
            Err(Problem::new(kind::INVALID_PARAMETER, detail).with("parameter", "ticket"))
        }
    }
}

/// Refuses secrets in the address, by name and by form.
///
/// # Errors
/// 400; the value is not part of it.
pub fn refuse_secrets(query: Option<&str>) -> Result<(), Problem> {
    for (name, value) in pairs(query) {
        let named = decode(name).is_none_or(|name| {
            let name = name.to_ascii_lowercase();
            SECRET_NAMES.contains(&name.as_str()) || name.contains("slg_")
        });
        if named || decode(value).is_none_or(|value| value.contains("slg_")) {
            return Err(Problem::new(
                kind::SECRET_IN_QUERY,
                "Addresses end up in logs and histories. Send the secret in the Authorization \
                 header, and replace it if it was a real one.",
            ));
        }
    }
    Ok(())
}

/// Reads what a stream was asked for.
///
/// # Errors
/// 400, naming what is allowed.
pub fn read(query: Option<&str>, headers: &HeaderMap) -> Result<Ask, Problem> {
    let (mut from, mut format, mut window) = (None, None, None);
    for (name, value) in pairs(query) {
        let slot = match name {
            "from" => &mut from,
            "format" => &mut format,
            "window" => &mut window,
            "ticket" => continue,
            _ => return Err(unknown(name, &PARAMETERS)),
        };
        if slot.is_some() {
            return Err(Problem::new(kind::INVALID_PARAMETER, format!("Send `{name}` only once."))
                .with("parameter", name));
        }
        *slot = Some(decode(value).ok_or_else(|| match name {
            "from" => invalid("from", &FROM_ALLOWED),
            "window" => invalid("window", &WINDOW_ALLOWED),
            _ => invalid("format", &FORMAT_ALLOWED),
        })?);
    }
    understand((from.as_deref(), format.as_deref(), window.as_deref()), headers)
}

/// Understands where a stream is asked to begin, how to show events, and its window.
///
/// # Errors
/// 400, naming what is allowed.
pub fn understand(
    (from, format, window): (Option<&str>, Option<&str>, Option<&str>),
    headers: &HeaderMap,
) -> Result<Ask, Problem> {
    let format = match format {
        None | Some("record") => Format::Record,
        Some("value") => Format::Value,
        Some(_) => return Err(invalid("format", &FORMAT_ALLOWED)),
    };
    let window = window.map(|text: &str| {
        let number = text.parse().ok().filter(|number| (1..=WINDOW_MAX).contains(number));
        number.ok_or_else(|| invalid("window", &WINDOW_ALLOWED))
    });
    let window = window.transpose()?;
    let from = from.map(read_from).transpose()?;
    let start = match last_event_id(headers)? {
        Some(cursor) => Start::Cursor(cursor),
        None => from.unwrap_or(Start::Latest),
    };
    let (start, tag) = match start {
        Start::Cursor(text) => match text.split_once(TAG_BEGINS) {
            Some((cursor, tag)) => (Start::Cursor(cursor.to_owned()), Some(tag.to_owned())),
            None => (Start::Cursor(text), None),
        },
        other => (other, None),
    };
    Ok(Ask { start, format, tag, window })
}

/// The parameters of a query, undecoded.
pub fn pairs(query: Option<&str>) -> impl Iterator<Item = (&str, &str)> {
    query
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

fn read_from(text: &str) -> Result<Start, Problem> {
    match text {
        "earliest" => return Ok(Start::Earliest),
        "latest" => return Ok(Start::Latest),
        _ => {}
    }
    if text.contains(':') {
        // A `+` of the zone that was not encoded may arrive as a space.
        let time = OffsetDateTime::parse(&text.replace(' ', "+"), &Rfc3339);
        let millis = time.ok().and_then(|time| {
            let nanos = time.unix_timestamp_nanos();
            i64::try_from(nanos.div_euclid(1_000_000)).ok()
        });
        return match millis {
            Some(millis) if millis >= 0 => Ok(Start::Time(millis)),
            _ => Err(invalid("from", &FROM_ALLOWED)),
        };
    }
    if !looks_like_cursor(text) {
        return Err(invalid("from", &FROM_ALLOWED));
    }
    Ok(Start::Cursor(text.to_owned()))
}

fn looks_like_cursor(text: &str) -> bool {
    let character = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let (cursor, tag) = text.split_once(TAG_BEGINS).unwrap_or((text, ""));
    let right = |part: &str| part.bytes().all(character);
    cursor.len() >= CURSOR_CHARACTERS_MIN && right(cursor) && right(tag)
}

/// `Last-Event-ID`; empty is as good as none, as browsers have it before the first id.
fn last_event_id(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all("last-event-id").iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    match text {
        Some("") => Ok(None),
        Some(text) if looks_like_cursor(text) => Ok(Some(text.to_owned())),
        _ => Err(Problem::new(
            kind::INVALID_PARAMETER,
            "Last-Event-ID is not an event id of this gateway. Send the last id that was \
             received, once, or none.",
        )
        .with("parameter", "Last-Event-ID")),
    }
}

fn invalid(parameter: &'static str, allowed: &[&'static str]) -> Problem {
    Problem::new(
        kind::INVALID_PARAMETER,
        format!("`{parameter}` must be one of: {}.", allowed.join(", ")),
    )
    .with("parameter", parameter)
    .with("allowed", allowed.to_vec())
}

/// A parameter is none of these.
pub fn unknown(name: &str, known: &[&'static str]) -> Problem {
    let similar =
        known.iter().find(|known| known.eq_ignore_ascii_case(name) || is_near(known, name));
    let all = known.join(", ");
    let detail = match similar {
        Some(similar) => format!("Did you mean `{similar}`? Known parameters: {all}."),
        None => format!("Known parameters: {all}."),
    };
    Problem::new(kind::UNKNOWN_PARAMETER, detail).with("allowed", known.to_vec())
}

/// Whether two names differ by at most two letters inserted, deleted or changed.
fn is_near(known: &str, given: &str) -> bool {
    if given.len() > known.len() + 2 {
        return false;
    }
    let known: Vec<u8> = known.bytes().collect();
    let mut row: Vec<usize> = (0..=known.len()).collect();
    for (line, letter) in given.to_ascii_lowercase().bytes().enumerate() {
        let mut next = vec![line + 1];
        for ((&other, &change), &delete) in known.iter().zip(&row).zip(row.iter().skip(1)) {
            let insert = next.last().copied().unwrap_or(0) + 1;
            let change = change + usize::from(other != letter);
            next.push(change.min(insert).min(delete + 1));
        }
        row = next;
    }
    row.last().is_some_and(|distance| *distance <= 2)
}

#[cfg(test)]
mod tests;
