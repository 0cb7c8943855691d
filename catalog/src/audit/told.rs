//! The entries of a change of the catalog.

use std::sync::Arc;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{Entry, differences::differences};
use crate::{
    actor::Actor,
    lifecycle,
    model::{Resource, Spec},
    resources::{Resources, export},
    store::Change,
};

/// One entry for each resource that the change puts or deletes, in that order.
pub(crate) fn told(
    before: &Resources,
    change: &Change,
    actor: &Actor,
    at: OffsetDateTime,
) -> Vec<Entry> {
    let mut entries = Vec::with_capacity(change.put.len() + change.delete.len());
    for (name, resource) in &change.put {
        let kind = resource.spec.kind();
        let old = before.find(kind, name);
        let data = match old {
            Some(old) => {
                json!({ "changes": differences(&shown(name, old), &shown(name, resource)) })
            }
            None => json!({ "after": shown(name, resource) }),
        };
        let verb = verb_of(old, resource);
        entries.push(Entry::of_resource((kind, name), verb, (actor, at), data));
    }
    for (kind, name) in &change.delete {
        let old = before.find(*kind, name);
        let data = json!({ "before": old.map(|old| shown(name, old)) });
        entries.push(Entry::of_resource((*kind, name), "deleted", (actor, at), data));
    }
    entries
}

/// Labels and noun, without what only a store has.
fn shown(name: &str, resource: &Resource) -> Value {
    let export = export(name, resource).ok();
    export.map_or(
        Value::Null,
        |export| json!({ "labels": export.metadata.labels, "spec": export.spec }),
    )
}

/// What happened to a resource, in one word.
pub(crate) fn verb_of(old: Option<&Arc<Resource>>, new: &Resource) -> &'static str {
    let Some(old) = old else { return "created" };
    match (&old.spec, &new.spec) {
        (Spec::Subscription(old), Spec::Subscription(new)) => {
            lifecycle::subscription_verb(old, new).unwrap_or("updated")
        }
        (Spec::Policy(old), Spec::Policy(new)) => {
            lifecycle::policy_verb(old, new).unwrap_or("updated")
        }
        (Spec::Endpoint(old), Spec::Endpoint(new)) => {
            lifecycle::endpoint_verb(old, new).unwrap_or("updated")
        }
        (Spec::Credential(old), Spec::Credential(new)) if !old.revoked && new.revoked => "revoked",
        (Spec::Token(old), Spec::Token(new)) if !old.revoked && new.revoked => "revoked",
        (Spec::User(old), Spec::User(new)) if old.disabled != new.disabled => {
            if new.disabled {
                "disabled"
            } else {
                "enabled"
            }
        }
        (Spec::User(old), Spec::User(new)) if old.password != new.password => "passwordSet",
        _ => "updated",
    }
}
