//! Changes that are made only if a resource still is as somebody saw it (RFC 9110 section 13).

use sha2::{Digest, Sha256};

use crate::{
    Actor,
    change::ApplyError,
    model::{Export, Kind},
    people::Operation,
    resources::{Resources, export},
};

/// Bytes of a digest that are kept: more than enough for what is told apart.
const TAG_BYTES: usize = 16;

/// Tells one state of a resource from another: the same for the same content, wherever it is
/// served.
pub fn etag(resource: &Export) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let text = serde_json::to_vec(resource).unwrap_or_default();
    let digest = Sha256::digest(text);
    URL_SAFE_NO_PAD.encode(digest.get(..TAG_BYTES).unwrap_or_default())
}

/// What must hold of a resource before a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Precondition {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// What must hold.
    pub demand: Demand,
}

/// What must hold of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// It is one of these states (`If-Match: "…"`).
    IsOneOf(Vec<String>),
    /// It is there (`If-Match: *`).
    Exists,
    /// It is not there (`If-None-Match: *`).
    IsNew,
}

/// Who asks for a change, and what must hold for it to be made.
#[derive(Clone, Debug)]
pub struct Asking {
    pub(crate) actor: Actor,
    pub(crate) precondition: Option<Precondition>,
}

impl From<&Actor> for Asking {
    fn from(actor: &Actor) -> Self {
        Self { actor: actor.clone(), precondition: None }
    }
}

impl Asking {
    /// Only if this holds.
    #[must_use]
    pub fn only_if(self, precondition: Option<Precondition>) -> Self {
        Self { precondition, ..self }
    }

    /// Whether what must hold does, as far as whoever asks can see.
    pub(crate) fn check(&self, resources: &Resources) -> Result<(), ApplyError> {
        let Some(Precondition { kind, name, demand }) = &self.precondition else { return Ok(()) };
        let rights = &self.actor.rights;
        let found = resources.find(*kind, name);
        let seen = found.filter(|found| rights.allow(Operation::Read, (name, found), resources));
        let tag = seen.and_then(|seen| export(name, seen).ok()).map(|export| etag(&export));
        let holds = match demand {
            Demand::IsOneOf(tags) => tag.as_ref().is_some_and(|tag| tags.contains(tag)),
            Demand::Exists => tag.is_some(),
            Demand::IsNew => found.is_none(),
        };
        match holds {
            true => Ok(()),
            false => Err(ApplyError::Precondition { kind: *kind, name: name.clone() }),
        }
    }
}
