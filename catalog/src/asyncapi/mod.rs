//! AsyncAPI documents out of endpoints, and endpoints out of documents.
//!
//! A document describes the gateway as the application: what it *sends* is what subscribers
//! consume, what it *receives* is what they produce. It is written in one canonical order, so that
//! equal endpoints give equal bytes.

mod draft7;
mod import;
mod members;
mod messages;
mod schemas;
mod servers;
mod v2;
mod v3;
mod view;
mod whole;

pub use import::{ImportOptions, Imported, Note, NoteKind, import};
pub use servers::{HttpServer, KafkaServer, Mechanism, Servers};
pub use view::{View, ViewError};
pub use whole::{ENDPOINTS_MAX, merge};

use serde_json::Value;

/// How our own words begin in the description of a document.
const PERSPECTIVE: &str = "This document describes the gateway: ";

/// A version of the AsyncAPI specification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpecVersion {
    /// 2.6.0.
    V2_6,
    /// 3.0.0.
    V3_0,
    /// 3.1.0.
    #[default]
    V3_1,
}

impl SpecVersion {
    /// All, oldest first.
    pub const ALL: [SpecVersion; 3] = [Self::V2_6, Self::V3_0, Self::V3_1];

    /// As it stands in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::V2_6 => "2.6.0",
            Self::V3_0 => "3.0.0",
            Self::V3_1 => "3.1.0",
        }
    }

    /// The version with this name; `2.6` and the like are enough.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| {
            version.name() == name || version.name().strip_suffix(".0") == Some(name)
        })
    }
}

/// The document of an endpoint.
pub fn document(view: &View<'_>, servers: &Servers, version: SpecVersion) -> Value {
    let servers = servers.offered(view);
    match version {
        SpecVersion::V2_6 => v2::document(view, &servers),
        SpecVersion::V3_0 | SpecVersion::V3_1 => v3::document(view, &servers, version),
    }
}
