//! What an endpoint's owner writes to its subscribers. Here it is checked, counted and told to the
//! audit; it is sent as every notice is, out of the record (`notices/message.rs`).

mod meant;
mod written;

pub use meant::{Meant, NAMES_MAX};
pub use written::{SUBJECT_CHARS_MAX, TEXT_CHARS_MAX};

pub(crate) use written::Written;

use serde_json::{Value, json};
use time::Duration;

use crate::{
    Actor, ApplyError, Catalog, Problem,
    audit::Entry,
    model::Kind,
    notices::receivers::{self, TEAMS_MAX},
    people::Operation,
    resources::Resources,
    store::{Change, Limit, StoreError},
};

/// How many messages go to the subscribers of an endpoint within an hour.
pub const PER_HOUR: u32 = 10;

/// A message as somebody writes it.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// One line.
    pub subject: Option<String>,
    /// Plain text of some lines.
    pub text: Option<String>,
    /// For whom.
    pub meant: Meant,
}

/// How a message is sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessageOptions {
    /// Check everything, count, and send nothing.
    pub dry_run: bool,
    /// Another program hears of it too: somebody is told even if nobody has a mail address.
    pub webhook: bool,
}

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Subscriptions that are meant.
    pub subscriptions: usize,
    /// Mail addresses, of teams or of people.
    pub receivers: usize,
}

impl Catalog {
    /// Writes to the subscribers of an endpoint. The audit keeps it; notices are made of that.
    ///
    /// # Errors
    /// [`ApplyError::NotFound`] for an endpoint that they do not see, [`ApplyError::Forbidden`],
    /// [`ApplyError::Invalid`] for what they say or when there is nobody to tell,
    /// [`ApplyError::TooOften`], or when the audit cannot be written.
    pub async fn message(
        &self,
        actor: &Actor,
        endpoint: &str,
        message: &Message,
        options: MessageOptions,
    ) -> Result<Reached, ApplyError> {
        let state = self.state();
        may(actor, endpoint, &state.resources)?;
        let (written, mut problems) = Written::check(message, options.dry_run);
        problems.extend(written.meant.problems(&state.resources, endpoint));
        if !problems.is_empty() {
            return Err(ApplyError::Invalid(problems));
        }
        let reached = reached(&state.resources, endpoint, &written.meant, options.webhook)?;
        if options.dry_run {
            return Ok(reached);
        }
        let mut data = json!(written);
        if let Value::Object(data) = &mut data {
            let Reached { subscriptions, receivers } = reached;
            data.insert(
                "told".to_owned(),
                json!({ "subscriptions": subscriptions, "receivers": receivers }),
            );
        }
        let of = (Kind::Endpoint, endpoint);
        let entries = vec![Entry::of_resource(of, "message", (actor, self.now()), data)];
        let limit = Some(Limit { times: PER_HOUR, within: Duration::HOUR });
        let change = Change { entries, signer: state.signer.clone(), limit, ..Change::default() };
        self.store().record(&change).await.map_err(|error| match error {
            StoreError::TooOften { wait } => too_often(wait),
            other => other.into(),
        })?;
        Ok(reached)
    }
}

/// Whether somebody may write to the subscribers of an endpoint.
fn may(actor: &Actor, endpoint: &str, resources: &Resources) -> Result<(), ApplyError> {
    let (kind, operation, rights) = (Kind::Endpoint, Operation::Message, &actor.rights);
    let found = resources.find(kind, endpoint);
    let found = found.filter(|_| rights.see(kind, endpoint, resources));
    let nothing = || ApplyError::NotFound { kind, name: endpoint.to_owned() };
    if rights.allow(operation, (endpoint, found.ok_or_else(nothing)?), resources) {
        return Ok(());
    }
    let (name, message) = (Some(endpoint.to_owned()), rights.refusal(operation, kind));
    let problem = Problem { kind: Some(kind), name, message, ..Problem::default() };
    Err(ApplyError::Forbidden(vec![problem]))
}

/// Who is told; an error when that is nobody, or more than can be.
fn reached(
    resources: &Resources,
    endpoint: &str,
    meant: &Meant,
    webhook: bool,
) -> Result<Reached, ApplyError> {
    let refused =
        |message: String| Err(ApplyError::Invalid(vec![Problem { message, ..Problem::default() }]));
    let subscriptions: Vec<_> = meant.subscriptions(resources, endpoint).collect();
    if subscriptions.is_empty() {
        return refused(format!(
            "there is nobody to tell: no subscription to `{endpoint}` that is meant is active, \
             suspended or waiting"
        ));
    }
    let teams = receivers::teams(resources, subscriptions.iter().map(|(_, one)| *one));
    if teams.len() > TEAMS_MAX {
        return refused(format!(
            "it would go to {} teams, and {TEAMS_MAX} are told at once: choose `plans` or \
             `subscriptions`",
            teams.len()
        ));
    }
    let receivers = receivers::of_teams(resources, teams).len();
    if receivers == 0 && !webhook {
        return refused(
            "there is nobody to tell: no team of these subscribers has an `email`, and none of \
             its users has one"
                .to_owned(),
        );
    }
    Ok(Reached { subscriptions: subscriptions.len(), receivers })
}

fn too_often(wait: std::time::Duration) -> ApplyError {
    let minutes = wait.as_secs().div_ceil(60);
    let what = format!(
        "the subscribers of an endpoint get at most {PER_HOUR} messages an hour: the next can be \
         sent in {minutes} min"
    );
    ApplyError::TooOften { what, wait }
}
