//! AsyncAPI documents (2.0 to 2.6, 3.0, 3.1) in: each channel becomes a draft of an endpoint, and a
//! report says what was taken, what was changed and what is not supported.
//!
//! Nothing is opened: references lead inside the document or are reported.

mod channel;
mod endpoint;
mod node;
mod v2;
mod v3;
mod valid;

use std::collections::BTreeMap;

use serde_json::Value;

pub use crate::document::{Note, NoteKind};

use self::{channel::Channel, node::Root};
use crate::document::report;
use crate::{
    Problem,
    document::{self, report::Report},
    model::Endpoint,
};

/// What an import may rely on beside the document.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions<'a> {
    /// The backend cluster of endpoints that are new.
    pub cluster: String,
    /// Endpoints that exist, by name: what a document does not say stays as it is.
    pub existing: BTreeMap<&'a str, &'a Endpoint>,
}

/// What came out of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// Endpoints by name.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// What was done, in the order of the document.
    pub report: Vec<Note>,
}

/// A family of versions of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    V2,
    V3,
}

/// Reads a document; `source` names it in problems.
///
/// # Errors
/// Why the document is not one, or cannot be imported: each with its place.
pub fn import(
    source: &str,
    text: &str,
    options: &ImportOptions<'_>,
) -> Result<Imported, Vec<Problem>> {
    let (tree, origin) = document::tree_of(source, text)?;
    let mut report = Report::new(origin);
    let family = family(&tree).map_err(|message| vec![report.problem("/asyncapi", message)])?;
    valid::check(&tree, family, &report)?;
    let root = Root { tree: &tree, family };
    if let Some(endpoint) = tree.pointer("/info/x-sluicegate-endpoint") {
        return endpoint::our_own(root, endpoint, options, report);
    }
    let channels: Vec<Channel<'_>> = match family {
        Family::V2 => v2::channels(root, &mut report),
        Family::V3 => v3::channels(root, &mut report),
    };
    let mut endpoints = BTreeMap::new();
    for channel in &channels {
        endpoint::draft(root, channel, options, &mut endpoints, &mut report);
    }
    if endpoints.is_empty() {
        let message = "has no channel that can become an endpoint";
        let mut problems = report.unsupported();
        problems.push(report.problem("/channels", message.to_owned()));
        return Err(problems);
    }
    Ok(Imported { endpoints, report: report.finish() })
}

fn family(tree: &Value) -> Result<Family, String> {
    let Some(version) = tree.get("asyncapi").and_then(Value::as_str) else {
        return Err("says which version of AsyncAPI this is, such as `3.1.0`".to_owned());
    };
    match version {
        "2.0.0" | "2.1.0" | "2.2.0" | "2.3.0" | "2.4.0" | "2.5.0" | "2.6.0" => Ok(Family::V2),
        "3.0.0" | "3.1.0" => Ok(Family::V3),
        _ => Err("is a version that is not supported; 2.0.0 to 2.6.0, 3.0.0 and 3.1.0 are".into()),
    }
}
