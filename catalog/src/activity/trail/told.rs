//! The audit's entries of what happened at the doors.

use std::net::IpAddr;

use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::super::report::Access;
use super::sums::{RefusedSum, UsedSum};
use super::{RefusalClass, Use};
use crate::actor::Actor;
use crate::audit::Entry;
use crate::model::Kind;

/// The noun of all of them.
const NOUN: &str = "access";

/// Of a use that began or ended.
pub(super) fn accessed(access: &Access, replica: &str) -> Entry {
    let mut data = json!({
        "replica": replica,
        "session": access.number,
        "credential": &*access.credential,
        "endpoint": &*access.endpoint,
        "door": access.door.label(),
        "operation": operation(access.writes),
        "openedAt": text(access.opened_at),
    });
    let closed = access.closed.map(|(at, events, bytes)| {
        let more = json!({ "closedAt": text(at), "events": events, "bytes": bytes });
        extend(&mut data, more);
        at
    });
    let verb = if closed.is_some() { "closed" } else { "opened" };
    let at = closed.unwrap_or(access.opened_at);
    let (of, peer) = ((&*access.application, &*access.subscription), access.peer);
    used(of, peer, verb, (at, data))
}

/// Of uses that are too many to be told one by one.
pub(super) fn summed(of: &Use, sum: &UsedSum, at: OffsetDateTime, replica: &str) -> Entry {
    let UsedSum { opened, closed, events, bytes } = sum;
    let data = json!({
        "replica": replica,
        "credential": &*of.credential,
        "door": of.door.label(),
        "operation": operation(of.writes),
        "opened": opened,
        "closed": closed,
        "events": events,
        "bytes": bytes,
    });
    used((&of.application, &of.subscription), None, "summed", (at, data))
}

/// Of uses beyond those that are summed up by subscription.
pub(super) fn others(sum: &UsedSum, at: OffsetDateTime, replica: &str) -> Entry {
    let UsedSum { opened, closed, events, bytes } = sum;
    let data = json!({
        "replica": replica, "opened": opened, "closed": closed, "events": events, "bytes": bytes,
    });
    entry("summed", "Gateway".to_owned(), Actor::system("gateway"), (at, data))
}

/// Of refusals of one credential for one reason.
pub(super) fn refused(
    class: &RefusalClass,
    application: Option<&str>,
    sum: &RefusedSum,
    replica: &str,
) -> Entry {
    let data = json!({
        "replica": replica,
        "door": class.door.label(),
        "code": class.code,
        "times": sum.times,
        "firstAt": text(sum.first_at),
        "lastAt": text(sum.last_at),
        "addresses": sum.addresses,
    });
    let actor = match application {
        Some(application) => Actor::application(application, None),
        None => Actor::anonymous("unknown", None),
    };
    let subject = match &class.credential {
        Some(credential) => format!("{}/{credential}", Kind::Credential),
        None => "Gateway".to_owned(),
    };
    entry("refused", subject, actor, (sum.last_at, data))
}

/// Of refusals beyond those that are told by class.
pub(super) fn more_refused(times: u64, at: OffsetDateTime, replica: &str) -> Entry {
    let data = json!({ "replica": replica, "code": "more", "times": times });
    entry("refused", "Gateway".to_owned(), Actor::anonymous("unknown", None), (at, data))
}

fn used(
    (application, subscription): (&str, &str),
    peer: Option<IpAddr>,
    verb: &'static str,
    (at, data): (OffsetDateTime, Value),
) -> Entry {
    let actor = Actor::application(application, peer.map(|peer| peer.to_canonical()));
    entry(verb, format!("{}/{subscription}", Kind::Subscription), actor, (at, data))
}

fn entry(
    verb: &'static str,
    subject: String,
    actor: Actor,
    (at, data): (OffsetDateTime, Value),
) -> Entry {
    Entry { noun: NOUN.to_owned(), verb, subject, actor, at: whole(at), data }
}

fn extend(data: &mut Value, more: Value) {
    if let (Some(data), Value::Object(more)) = (data.as_object_mut(), more) {
        data.extend(more);
    }
}

fn operation(writes: bool) -> &'static str {
    if writes { "write" } else { "read" }
}

/// In UTC and whole seconds, as all records are: questions for a time compare texts.
fn whole(at: OffsetDateTime) -> OffsetDateTime {
    at.to_offset(time::UtcOffset::UTC).replace_nanosecond(0).unwrap_or(at)
}

fn text(at: OffsetDateTime) -> String {
    whole(at).format(&Rfc3339).unwrap_or_default()
}
