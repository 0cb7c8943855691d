//! What people are told of without asking: requests that wait for them, decisions about what is
//! theirs, ends that come. Worked out of a record of the audit and of the catalog as it is now, so
//! that whoever sends them needs to keep nothing but how far the audit was read.

mod message;
pub(crate) mod receivers;

use std::collections::BTreeSet;

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    Catalog,
    audit::Record,
    messages::Meant,
    model::{Endpoint, Subscription, SubscriptionState},
    people::Role,
    resources::Resources,
};

/// Something that people are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The record's number: a notice that is sent twice has the same.
    pub number: u64,
    /// When it happened.
    pub at: OffsetDateTime,
    /// What kind: the type of the audit's event, or `io.sluicegate.subscription.requested.v1`.
    pub kind: String,
    /// One line.
    pub title: String,
    /// Some lines.
    pub text: String,
    /// Where it is seen, as a path of the portal.
    pub path: String,
    /// Mail addresses.
    pub to: BTreeSet<String>,
}

impl Catalog {
    /// What people are told because of a record; `None`: nothing.
    pub fn notice(&self, record: &Record) -> Option<Notice> {
        let event: Value = serde_json::from_str(&record.event).ok()?;
        let member = |name: &str| event.get(name).and_then(Value::as_str);
        let kind = member("type")?;
        let (noun, name) = member("subject")?.split_once('/')?;
        let at = OffsetDateTime::parse(member("time")?, &Rfc3339).ok()?;
        let state = self.state();
        let data = event.get("data").unwrap_or(&Value::Null);
        let told = Told { resources: &state.resources, number: record.number, at, kind, data };
        match noun {
            "Subscription" => told.of_subscription(name, state.resources.subscription(name)?),
            "Endpoint" => told.of_endpoint(name, state.resources.endpoint(name)?),
            _ => None,
        }
    }
}

struct Told<'a> {
    resources: &'a Resources,
    number: u64,
    at: OffsetDateTime,
    kind: &'a str,
    data: &'a Value,
}

impl Told<'_> {
    /// `io.sluicegate.subscription.approved.v1` → `approved`.
    fn verb(&self) -> Option<&str> {
        self.kind.rsplit('.').nth(1)
    }

    fn of_subscription(&self, name: &str, subscription: &Subscription) -> Option<Notice> {
        let Subscription { application, endpoint, plan, .. } = subscription;
        let what = format!("{application} → {endpoint} (plan {plan})");
        let waits = subscription.state == SubscriptionState::Pending;
        if waits && matches!(self.verb(), Some("created" | "renewed")) {
            let owner = self.resources.endpoint(endpoint).and_then(|of| of.owner.clone());
            let why = match subscription.justification.as_str() {
                "" => "No reason is given.".to_owned(),
                why => format!("The reason:\n\n{why}"),
            };
            return Some(Notice {
                number: self.number,
                at: self.at,
                kind: "io.sluicegate.subscription.requested.v1".to_owned(),
                title: format!("{application} asks for {endpoint}"),
                text: format!("{what} waits for your decision.\n\n{why}"),
                path: "/approvals".to_owned(),
                to: receivers::addresses(self.resources, owner.as_deref()?, Some(Role::Owner)),
            });
        }
        let (title, text) = match self.verb()? {
            "approved" => ("may be used now", "The owner agreed."),
            "rejected" => ("was not granted", "The owner did not agree."),
            "suspended" => ("is suspended", "Its connections were closed; it may come back."),
            "resumed" => ("may be used again", "It is suspended no longer."),
            "revoked" => ("was ended for good", "Ask anew if it is still needed."),
            "expired" => ("has ended", "Its time was over. It can be renewed."),
            _ => return None,
        };
        let decision = subscription.decision.as_ref();
        let reason = decision.map(|decision| decision.reason.as_str()).unwrap_or_default();
        let reason = if reason.is_empty() { String::new() } else { format!("\n\n{reason}") };
        let owner = self.resources.application(application)?.owner.clone();
        Some(Notice {
            number: self.number,
            at: self.at,
            kind: self.kind.to_owned(),
            title: format!("{name} {title}"),
            text: format!("{what}: {text}{reason}"),
            path: format!("/applications/{application}"),
            to: receivers::addresses(self.resources, owner.as_deref()?, None),
        })
    }

    fn of_endpoint(&self, name: &str, endpoint: &Endpoint) -> Option<Notice> {
        let (title, text) = match self.verb()? {
            "message" => return self.of_message(name, endpoint),
            "deprecated" => {
                let until = endpoint.sunset.map(|day| format!(" It goes on until {day}."));
                let instead = endpoint.successor.as_ref();
                let instead = instead.map(|other| format!(" Use `{other}` instead."));
                let (until, instead) = (until.unwrap_or_default(), instead.unwrap_or_default());
                ("will go", format!("It is deprecated.{until}{instead}"))
            }
            "retired" => ("has ended", "It gives no events any more.".to_owned()),
            _ => return None,
        };
        let everybody = Meant::default();
        let subscribers = everybody.subscriptions(self.resources, name).map(|(_, one)| one);
        Some(Notice {
            number: self.number,
            at: self.at,
            kind: self.kind.to_owned(),
            title: format!("{} {title}", endpoint.title.as_deref().unwrap_or(name)),
            text: format!("You read the endpoint `{name}`. {text}"),
            path: format!("/endpoints/{name}"),
            to: receivers::of_subscribers(self.resources, subscribers),
        })
    }
}
