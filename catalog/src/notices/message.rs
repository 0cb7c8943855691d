//! What an endpoint's owner wrote, for those for whom it is meant as the catalog is now.

use super::{Notice, Told, receivers};
use crate::{
    messages::{Meant, Written},
    model::Endpoint,
};

impl Told<'_> {
    pub(super) fn of_message(&self, name: &str, endpoint: &Endpoint) -> Option<Notice> {
        let written: Written = serde_json::from_value(self.data.clone()).ok()?;
        let who = self.data.pointer("/actor/name")?.as_str()?;
        let meant = written.meant.subscriptions(self.resources, name);
        let (subject, text) = (&written.subject, &written.text);
        let to = to_whom(name, &written.meant);
        Some(Notice {
            number: self.number,
            at: self.at,
            kind: self.kind.to_owned(),
            title: format!("{}: {subject}", endpoint.title.as_deref().unwrap_or(name)),
            text: format!("{who} writes to {to}:\n\n{text}"),
            path: format!("/endpoints/{name}"),
            to: receivers::of_subscribers(self.resources, meant.map(|(_, one)| one)),
        })
    }
}

/// In words. Subscriptions are not named: subscribers do not get to know each other.
fn to_whom(name: &str, meant: &Meant) -> String {
    match (&meant.plans, &meant.subscriptions) {
        (None, None) => format!("the subscribers of the endpoint `{name}`"),
        (Some(plans), None) => {
            let what = if plans.len() == 1 { "plan" } else { "plans" };
            let plans = plans.join("`, `");
            format!("the subscribers of the endpoint `{name}` under the {what} `{plans}`")
        }
        _ => format!("some subscribers of the endpoint `{name}`"),
    }
}
