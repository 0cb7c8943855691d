//! `llms.txt` (llmstxt.org): what an agent should read first.

use std::fmt::Write;

use super::{Told, line};

/// Endpoints that are listed; more are found by searching.
const ENDPOINTS_MAX: usize = 500;

/// The text.
pub fn text(api: &str, endpoints: &[Told<'_>]) -> String {
    let mut out = String::from(
        "# Sluicegate\n\n> Event endpoints on Kafka topics: described, granted, limited and \
         redacted per subscriber.\n\nEvents are read over SSE, or with any Kafka client, with a \
         credential of an application that has a subscription.\n\n## API\n\n",
    );
    // Writing to a string cannot fail.
    let _ = writeln!(out, "- [OpenAPI]({api}/openapi.json): the REST API");
    let _ = writeln!(out, "- [Search]({api}/search?q=): endpoints by words");
    if endpoints.is_empty() {
        return out;
    }
    let _ = writeln!(out, "\n## Endpoints\n");
    for told in endpoints.iter().take(ENDPOINTS_MAX) {
        let title = line(told.title()).replace(['[', ']'], " ");
        let description = line(&told.endpoint.description);
        let _ = writeln!(out, "- [{title}]({}/markdown): {description}", told.url());
    }
    if endpoints.len() > ENDPOINTS_MAX {
        let more = endpoints.len() - ENDPOINTS_MAX;
        let _ = writeln!(out, "\nand {more} more: search for them.");
    }
    out
}
