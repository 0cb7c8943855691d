//! Works out a change on a copy of the state: what differs, whether the whole still is right, and
//! what the store has to write. Writes nothing itself; waits for nothing but secret files.

mod moves;
mod said;
mod work;

use std::collections::HashMap;

use time::OffsetDateTime;

use self::work::{Work, elsewhere};
use crate::{
    actor::Actor,
    change::{Action, Applied, ApplyError, ApplyOptions, Intent},
    document::{Document, limits::PROBLEMS_MAX},
    model::Kind,
    people::Operation,
    references::{self, Broken},
    secret::{Owner, Secrets},
    state::State,
    store::Change,
};

/// A change that is right and ready to be written.
pub(crate) struct Planned {
    pub(crate) next: State,
    pub(crate) change: Change,
    pub(crate) applied: Applied,
    pub(crate) dry_run: bool,
}

/// What a change is worked out on, for whom and when.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub(crate) base: &'a State,
    pub(crate) secrets: &'a Secrets,
    pub(crate) actor: &'a Actor,
    pub(crate) now: OffsetDateTime,
}

/// Works out a change.
pub(crate) fn plan(ground: Ground<'_>, intent: &Intent) -> Result<Planned, ApplyError> {
    match intent {
        Intent::Apply(documents, options) => apply(ground, documents, *options),
        Intent::Delete(kind, name) => delete(ground, *kind, name),
        Intent::MoveSubscription(name, by, details) => {
            moves::subscription(ground, name, *by, details)
        }
        Intent::MoveEndpoint(name, by, details) => moves::endpoint(ground, name, *by, details),
        Intent::MovePolicy(name, by, options) => moves::policy(ground, name, *by, *options),
        Intent::Revoke(kind, name) => moves::revoke(ground, *kind, name),
        Intent::EndTickets(name) => moves::end_tickets(ground, name),
        Intent::Provide(provided, provision) => moves::provide(ground, provided, *provision),
        Intent::PutUser(name, user) => moves::put_user(ground, name, user),
        Intent::SetPassword(name, proof) => moves::set_password(ground, name, proof),
        Intent::ExpireDue => moves::expire_due(ground),
    }
}

fn apply(
    ground: Ground<'_>,
    documents: &[Document],
    options: ApplyOptions,
) -> Result<Planned, ApplyError> {
    let mut work = Work::new(ground);
    let mut seen = HashMap::new();
    for document in documents {
        match seen.insert((document.kind, document.name.as_str()), document) {
            Some(earlier) => {
                let message = format!("comes twice; the other is in {:?}", earlier.origin);
                work.problem(document, "metadata.name", message);
            }
            None => work.document(document, options.dry_run),
        }
    }
    work.accept_breaking = options.accept_breaking;
    work.finish(&seen, options.dry_run)
}

fn delete(ground: Ground<'_>, kind: Kind, name: &str) -> Result<Planned, ApplyError> {
    moves::existing(&ground, kind, name)?;
    let mut work = Work::new(ground);
    if let Some(gone) = work.next.resources.remove(kind, name) {
        let rights = &ground.actor.rights;
        if !rights.allow(Operation::Delete, (name, &gone), &ground.base.resources) {
            let why = rights.refusal(Operation::Delete, kind);
            let broken = Broken::new(kind, name, "", why);
            return Err(ApplyError::Forbidden(vec![elsewhere(broken)]));
        }
    }
    let referrers = references::referrers(&work.next.resources, kind, name);
    if !referrers.is_empty() {
        let referrers = referrers.into_iter().take(PROBLEMS_MAX);
        return Err(ApplyError::Referenced(referrers.map(elsewhere).collect()));
    }
    work.change.delete.push((kind, name.into()));
    work.drop_sealed(Owner { kind, name }, None);
    work.note(kind, name, Action::Deleted);
    work.finish(&HashMap::new(), false).map_err(|error| match error {
        ApplyError::Invalid(problems) => ApplyError::Referenced(problems),
        other => other,
    })
}
