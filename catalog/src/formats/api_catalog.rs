//! `/.well-known/api-catalog` (RFC 9727): a link set (RFC 9264) of what can be called here.

use serde_json::{Value, json};

use super::Told;

/// The link set.
pub fn linkset(api: &str, endpoints: &[Told<'_>]) -> Value {
    let own = json!({
        "anchor": api,
        "service-desc": [{ "href": format!("{api}/openapi.json"), "type": "application/json" }],
        "service-doc": [{ "href": format!("{api}/docs/"), "type": "text/html" }],
    });
    let of_endpoint = |told: &Told<'_>| {
        json!({
            "anchor": told.url(),
            "service-desc": [{
                "href": format!("{}/asyncapi", told.url()),
                "type": "application/vnd.aai.asyncapi+json",
                "title": told.title(),
            }],
            "service-doc": [{
                "href": format!("{}/markdown", told.url()), "type": "text/markdown",
            }],
        })
    };
    let links: Vec<Value> = std::iter::once(own).chain(endpoints.iter().map(of_endpoint)).collect();
    json!({ "linkset": links })
}
