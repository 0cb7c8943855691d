//! What is to be recorded, and how it is written: CloudEvents 1.0, structured JSON.

use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::types;
use crate::{actor::Actor, model::Kind};

/// Where events come from.
const SOURCE: &str = "urn:sluicegate:catalog";

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The noun of the event's type, such as `subscription`.
    pub(crate) noun: String,
    /// What happened, such as `approved`.
    pub(crate) verb: &'static str,
    /// What it happened to, such as `Subscription/shipping-orders`.
    pub(crate) subject: String,
    /// Who did it.
    pub(crate) actor: Actor,
    /// When.
    pub(crate) at: OffsetDateTime,
    /// More about it.
    pub(crate) data: Value,
}

impl Entry {
    /// Of a resource.
    pub(crate) fn of_resource(
        (kind, name): (Kind, &str),
        verb: &'static str,
        (actor, at): (&Actor, OffsetDateTime),
        data: Value,
    ) -> Self {
        Self {
            noun: kind.name().to_ascii_lowercase(),
            verb,
            subject: format!("{kind}/{name}"),
            actor: actor.clone(),
            at,
            data,
        }
    }

    /// The event's type.
    pub(crate) fn event_type(&self) -> String {
        types::name(&self.noun, self.verb)
    }

    /// The event's text: what is hashed and kept.
    pub(super) fn event(&self, number: u64) -> String {
        let (noun, verb) = (&self.noun, self.verb);
        debug_assert!(types::is_known(noun, verb), "{noun}.{verb} is not in the table of types");
        let mut data = json!({ "actor": self.actor });
        if let (Some(data), Value::Object(more)) = (data.as_object_mut(), self.data.clone()) {
            data.extend(more);
        }
        let event = json!({
            "specversion": "1.0",
            "id": number.to_string(),
            "source": SOURCE,
            "type": self.event_type(),
            "time": self.at.format(&Rfc3339).unwrap_or_default(),
            "subject": self.subject,
            "datacontenttype": "application/json",
            "data": data,
        });
        event.to_string()
    }
}
