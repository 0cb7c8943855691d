//! Conditions of requests (RFC 9110 section 13): a change is made only if the resource still is as
//! somebody saw it; what did not change is not sent again.

use axum::extract::FromRequestParts;
use catalog::{Demand, Precondition, model::Kind};
use http::{HeaderMap, HeaderName, header, request::Parts};

use crate::ProblemBody;

/// Tags of one header that are looked at.
const TAGS_MAX: usize = 20;

/// What must hold of the resource in the path.
pub(crate) struct Conditions(Option<Demand>);

impl<S: Sync> FromRequestParts<S> for Conditions {
    type Rejection = ProblemBody;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ProblemBody> {
        let headers = &parts.headers;
        let demand =
            match (tags(headers, &header::IF_MATCH)?, tags(headers, &header::IF_NONE_MATCH)?) {
                (None, None) => None,
                (Some(Tags::Any), None) => Some(Demand::Exists),
                (Some(Tags::These(tags)), None) => Some(Demand::IsOneOf(tags)),
                (None, Some(Tags::Any)) => Some(Demand::IsNew),
                (None, Some(Tags::These(_))) | (Some(_), Some(_)) => {
                    let detail = "A change takes `If-Match`, or `If-None-Match: *`.";
                    return Err(ProblemBody::bad_request(detail));
                }
            };
        Ok(Self(demand))
    }
}

impl Conditions {
    /// For a resource.
    pub(crate) fn of(self, kind: Kind, name: &str) -> Option<Precondition> {
        let name = name.to_owned();
        self.0.map(|demand| Precondition { kind, name, demand })
    }
}

enum Tags {
    Any,
    These(Vec<String>),
}

fn tags(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Tags>, ProblemBody> {
    let mut tags = Vec::new();
    for line in headers.get_all(name) {
        let line = line.to_str().unwrap_or_default().trim();
        if line == "*" {
            return Ok(Some(Tags::Any));
        }
        for tag in line.split(',').map(str::trim) {
            let bare = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
            let Some(bare) = bare.filter(|_| tags.len() < TAGS_MAX) else {
                let detail = format!("`{name}` is `*`, or tags as `ETag` has them.");
                return Err(ProblemBody::bad_request(detail));
            };
            tags.push(bare.to_owned());
        }
    }
    Ok((!tags.is_empty()).then_some(Tags::These(tags)))
}

/// Whether whoever reads has this state already. Weak tags are good enough to read by.
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let lines = headers.get_all(header::IF_NONE_MATCH).iter();
    let held = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    let quoted = format!("\"{tag}\"");
    held.map(|held| held.trim().trim_start_matches("W/")).any(|held| held == quoted)
}
