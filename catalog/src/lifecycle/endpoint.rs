//! The life of an endpoint.

use time::Date;

use super::{Row, follow, leads, open_moves};
use crate::model::{
    Endpoint,
    Lifecycle::{self, Deprecated, Draft, Published, Retired},
};

/// Ways to move an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointMove {
    /// Offer it.
    Publish,
    /// Take back what nobody has subscribed to.
    Withdraw,
    /// Go on serving it, and offer it no longer.
    Deprecate,
    /// End it.
    Retire,
}

use EndpointMove::{Deprecate, Publish, Retire, Withdraw};

/// The table.
const MOVES: &[Row<Lifecycle, EndpointMove>] = &[
    (Draft, Publish, Published),
    (Published, Withdraw, Draft),
    (Published, Deprecate, Deprecated),
    (Deprecated, Publish, Published),
    (Deprecated, Retire, Retired),
];

/// What may be said with a move.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointDetails {
    /// The day after which it may be retired.
    pub sunset: Option<Date>,
    /// The endpoint to use instead.
    pub successor: Option<String>,
}

impl EndpointMove {
    /// All of them.
    pub const ALL: [Self; 4] = [Publish, Withdraw, Deprecate, Retire];

    /// As it is written in URLs and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Publish => "publish",
            Withdraw => "withdraw",
            Deprecate => "deprecate",
            Retire => "retire",
        }
    }

    /// The move of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.name() == name)
    }

    fn goal(self) -> Lifecycle {
        match self {
            Publish => Published,
            Withdraw => Draft,
            Deprecate => Deprecated,
            Retire => Retired,
        }
    }
}

/// What decides whether an endpoint may go.
#[derive(Clone, Copy)]
pub(crate) struct Facts {
    /// Live subscriptions to it.
    pub(crate) subscriptions: usize,
    pub(crate) today: Date,
}

/// Moves an endpoint; what is done already stays as it is, but for what is said with it.
///
/// # Errors
/// Where it stands and what can be done there, or who still needs it.
pub(crate) fn step(
    endpoint: &mut Endpoint,
    by: EndpointMove,
    details: &EndpointDetails,
    facts: Facts,
) -> Result<(), String> {
    let from = endpoint.lifecycle;
    let to = match follow(MOVES, from, by) {
        Some(to) => to,
        None if by.goal() == from => from,
        None => return Err(refusal(from)),
    };
    guard(endpoint, to, facts)?;
    endpoint.lifecycle = to;
    match to {
        Deprecated => {
            endpoint.sunset = details.sunset.or(endpoint.sunset);
            if details.successor.is_some() {
                endpoint.successor.clone_from(&details.successor);
            }
        }
        Published | Draft => endpoint.sunset = None,
        Retired => {}
    }
    Ok(())
}

/// Whether a document may say that an endpoint stands elsewhere than it does.
///
/// # Errors
/// What can be done instead, or who still needs it.
pub(crate) fn stated(old: &Endpoint, new: &Endpoint, facts: Facts) -> Result<(), String> {
    let (from, to) = (old.lifecycle, new.lifecycle);
    if from == to {
        return Ok(());
    }
    match leads(MOVES, from, to) {
        true => guard(old, to, facts),
        false => Err(refusal(from)),
    }
}

/// What happened to an endpoint that stands elsewhere than before.
pub(crate) fn verb(old: &Endpoint, new: &Endpoint) -> Option<&'static str> {
    (old.lifecycle != new.lifecycle).then_some(match new.lifecycle {
        Draft => "withdrawn",
        Published => "published",
        Deprecated => "deprecated",
        Retired => "retired",
    })
}

fn guard(endpoint: &Endpoint, to: Lifecycle, facts: Facts) -> Result<(), String> {
    if endpoint.lifecycle == to || facts.subscriptions == 0 {
        return Ok(());
    }
    let live = match facts.subscriptions {
        1 => "a live subscription".to_owned(),
        several => format!("{several} live subscriptions"),
    };
    match (to, endpoint.sunset) {
        (Draft, _) => {
            Err(format!("has {live}: it cannot be taken back; deprecate it, or revoke them first"))
        }
        (Retired, None) => Err(format!(
            "has {live} and no `sunset`: deprecate it with the day on which it ends, or revoke \
             them first"
        )),
        (Retired, Some(sunset)) if facts.today <= sunset => Err(format!(
            "has {live} and is promised until {sunset}: retire it after that day, or revoke them \
             first"
        )),
        _ => Ok(()),
    }
}

fn refusal(from: Lifecycle) -> String {
    let moves = open_moves(MOVES, from, |by: EndpointMove| Some(by.name()));
    format!("is {}: {moves}", from.name())
}

#[cfg(test)]
mod tests;
