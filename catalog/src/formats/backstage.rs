//! Backstage's `catalog-info`: an API of type `asyncapi` for each endpoint.

use serde_json::{Map, Value, json};

use super::{Told, line};
use crate::model::Lifecycle;

/// Backstage's bound on names and tags.
const CHARS_MAX: usize = 63;

/// One entity for each endpoint, in their order.
pub fn entities(endpoints: &[Told<'_>]) -> Vec<Value> {
    endpoints.iter().map(entity).collect()
}

fn entity(told: &Told<'_>) -> Value {
    let endpoint = told.endpoint;
    let mut metadata = Map::new();
    metadata.insert("name".to_owned(), told.name.into());
    metadata.insert("title".to_owned(), line(told.title()).into());
    let description = line(&endpoint.description);
    if !description.is_empty() {
        metadata.insert("description".to_owned(), description.into());
    }
    let tags: Vec<String> = endpoint.tags.iter().map(|tag| tag_of(tag)).collect();
    let tags: Vec<String> = tags.into_iter().filter(|tag| !tag.is_empty()).collect();
    if !tags.is_empty() {
        metadata.insert("tags".to_owned(), tags.into());
    }
    let links = json!([{ "url": format!("{}/markdown", told.url()), "title": "Documentation" }]);
    metadata.insert("links".to_owned(), links);
    let mut spec = Map::new();
    spec.insert("type".to_owned(), "asyncapi".into());
    let lifecycle = match endpoint.lifecycle {
        Lifecycle::Draft => "experimental",
        Lifecycle::Published => "production",
        Lifecycle::Deprecated | Lifecycle::Retired => "deprecated",
    };
    spec.insert("lifecycle".to_owned(), lifecycle.into());
    let owner = endpoint.owner.as_deref().unwrap_or("unknown");
    spec.insert("owner".to_owned(), format!("group:default/{owner}").into());
    if let Some(domain) = &endpoint.domain {
        spec.insert("system".to_owned(), domain.as_str().into());
    }
    let definition = json!({ "$text": format!("{}/asyncapi?format=yaml", told.url()) });
    spec.insert("definition".to_owned(), definition);
    json!({
        "apiVersion": "backstage.io/v1alpha1", "kind": "API", "metadata": metadata, "spec": spec,
    })
}

/// Small letters, digits and `-`.
fn tag_of(text: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let tag: String = text.chars().map(fits).take(CHARS_MAX).collect();
    tag.trim_matches('-').to_owned()
}
