//! Layouts of the requests that clients may send, after Apache Kafka's message definitions: one
//! file for each group of APIs, each with the list of its tables. A request without a table is
//! never decoded.

use super::Message;

pub mod fetch;
pub mod groups;
pub mod produce;
pub mod session;

/// Every described request.
pub static ALL: &[&[&Message]] = &[
    fetch::ALL,
    groups::ALL,
    produce::ALL,
    session::ALL,
    // A line for each further file.
];

#[cfg(test)]
mod tests;
