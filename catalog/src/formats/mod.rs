//! The catalog in the languages of others: for people and agents (Markdown, `llms.txt`), for
//! portals (Backstage), for registries (xRegistry, `api-catalog`), for data contracts (ODCS).

pub mod api_catalog;
pub mod backstage;
pub mod cloudevents;
pub mod llms;
pub mod markdown;
pub mod odcs;
pub mod xregistry;

use crate::model::{Endpoint, Plan};

/// An endpoint as others are told of it.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// The resource's name.
    pub name: &'a str,
    /// The endpoint.
    pub endpoint: &'a Endpoint,
    /// Its plans, by name.
    pub plans: &'a [(&'a str, &'a Plan)],
    /// Base URL of the REST API, without a slash at its end.
    pub api: &'a str,
    /// Base URL of the doors, where it is known.
    pub doors: Option<&'a str>,
}

impl Told<'_> {
    /// Its name for people.
    pub fn title(&self) -> &str {
        self.endpoint.title.as_deref().unwrap_or(self.name)
    }

    /// Where it is described.
    pub fn url(&self) -> String {
        format!("{}/endpoints/{}", self.api, self.name)
    }

    /// Where its events are read over HTTP.
    fn events_url(&self) -> Option<String> {
        let doors = self.doors?;
        Some(format!("{doors}/v1/endpoints/{}/events", self.endpoint.address()))
    }
}

/// One line of a text.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
