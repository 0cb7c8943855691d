//! Takes the secrets that people write (`value`, `generate`) out of a document's tree before
//! anything else looks at it, and leaves the name in the encrypted store in their place.

use std::fmt;

use serde_json::{Map, Value};

use super::{
    path::Place,
    suggest::{did_you_mean, one_of},
    typed::Finding,
};
use crate::{
    model::{CLUSTER_PASSWORD, CLUSTER_TLS_KEY, KEY_SECRET, Kind, SecretSource},
    secret::{Owner, SecretText},
};

/// A secret that came with a document.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct WrittenSecret {
    /// Its name in the encrypted store.
    pub(crate) store_name: String,
    /// The secret; `None`: make one.
    pub(crate) text: Option<SecretText>,
}

impl fmt::Debug for WrittenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrittenSecret({})", self.store_name)
    }
}

/// Where people may write one.
struct Spot {
    member: &'static str,
    part: String,
    can_generate: bool,
}

fn spots(kind: Kind, spec: &Value) -> Vec<Spot> {
    let spot = |member, part: &str, can_generate| Spot { member, part: part.into(), can_generate };
    match kind {
        Kind::Key => {
            // Each version has its own entry, so that a version never changes its bytes.
            let version = spec.get("version").and_then(Value::as_u64).unwrap_or_default();
            vec![spot(KEY_SECRET, &version.to_string(), true)]
        }
        Kind::Cluster => {
            vec![spot(CLUSTER_PASSWORD, "password", false), spot(CLUSTER_TLS_KEY, "tls-key", false)]
        }
        _ => Vec::new(),
    }
}

/// Takes the secrets out of `spec`.
pub(super) fn take(
    owner: Owner<'_>,
    spec: &mut Value,
    findings: &mut Vec<Finding>,
) -> Vec<WrittenSecret> {
    let mut written = Vec::new();
    for spot in spots(owner.kind, spec) {
        let pointer = format!("/{}", spot.member.replace('.', "/"));
        let Some(source) = spec.pointer_mut(&pointer) else {
            continue;
        };
        let store_name = format!("{}{}", owner.prefix(), spot.part);
        match take_one(source, &spot, store_name) {
            Ok(secret) => written.extend(secret),
            Err(message) => {
                *source = placeholder();
                let place = Place::parse(&format!("spec.{}", spot.member));
                findings.push(Finding { place, message });
            }
        }
    }
    written
}

const MEMBERS: [&str; 5] = ["env", "file", "store", "value", "generate"];

fn take_one(
    source: &mut Value,
    spot: &Spot,
    store_name: String,
) -> Result<Option<WrittenSecret>, String> {
    let usage = || format!("is a mapping with exactly one of {}", one_of(MEMBERS));
    let Value::Object(members) = source else {
        return Err(usage());
    };
    if let Some(unknown) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(format!("{}{}", usage(), did_you_mean(unknown, MEMBERS)));
    }
    if members.len() != 1 {
        return Err(usage());
    }
    let text = match (members.remove("value"), members.remove("generate")) {
        (Some(Value::String(text)), _) if text.is_empty() => {
            return Err("`value` is empty".to_owned());
        }
        (Some(Value::String(text)), _) => Some(SecretText::from(text)),
        (Some(_), _) => return Err("`value` is a text: put it in quotes".to_owned()),
        (None, Some(Value::Bool(true))) if spot.can_generate => None,
        (None, Some(Value::Bool(true))) => {
            return Err("`generate` makes hash keys only: write `value`, `env` or `file`".into());
        }
        (None, Some(_)) => return Err("`generate` is `true` or left out".to_owned()),
        (None, None) => return Ok(None), // a source, which the noun's own reading checks
    };
    *source = reference(&store_name);
    Ok(Some(WrittenSecret { store_name, text }))
}

fn reference(store_name: &str) -> Value {
    let source = SecretSource::Store(store_name.to_owned());
    serde_json::to_value(source).unwrap_or_else(|_| placeholder())
}

fn placeholder() -> Value {
    Value::Object(Map::from_iter([("store".to_owned(), Value::String("-".to_owned()))]))
}
