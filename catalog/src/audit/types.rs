//! The types of events that the audit holds: the one table, which the REST API and `docs/audit.md`
//! show. A test of every record holds the audit to it.

use std::fmt::Write;

use crate::model::Kind;

/// A type of event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventType {
    /// Such as `io.sluicegate.subscription.approved.v1`.
    pub name: String,
    /// What its events are about, such as `Subscription/{name}`.
    pub subject: String,
    /// When there is one.
    pub meaning: &'static str,
}

/// What happens to resources of every kind.
const OF_ALL: &[(&str, &str)] = &[
    ("created", "It was applied for the first time."),
    ("updated", "It was changed, in a way that no other type names."),
    ("deleted", "It was deleted."),
];

/// What happens to resources of one kind.
const OF_KIND: &[(Kind, &str, &str)] = &[
    (Kind::Endpoint, "published", "Applications can subscribe to it, and subscribers read."),
    (Kind::Endpoint, "withdrawn", "It is a draft again."),
    (Kind::Endpoint, "deprecated", "It goes on, and nobody new should use it."),
    (Kind::Endpoint, "retired", "It has ended."),
    (Kind::Endpoint, "message", "Somebody wrote to its subscribers; with what was written."),
    (Kind::Subscription, "approved", "The owner, or the plan by itself, agreed."),
    (Kind::Subscription, "rejected", "The owner did not agree."),
    (Kind::Subscription, "suspended", "It gives no right for now."),
    (Kind::Subscription, "resumed", "It gives its right again."),
    (Kind::Subscription, "recertified", "Somebody confirmed that it is still needed."),
    (Kind::Subscription, "renewed", "It was asked for, or granted, anew."),
    (Kind::Subscription, "revoked", "It was ended for good."),
    (Kind::Subscription, "expired", "Its time was over."),
    (Kind::Policy, "drafted", "A new version was begun or changed."),
    (Kind::Policy, "discarded", "The begun version was thrown away."),
    (Kind::Policy, "published", "A version is in force."),
    (Kind::Policy, "rolledBack", "What an earlier version said is in force again."),
    (Kind::Credential, "revoked", "It is refused from now on."),
    (Kind::Token, "revoked", "It is refused from now on."),
    (Kind::Token, "refused", "Somebody was refused with it: the first of a minute is told."),
    (Kind::User, "disabled", "The user can no longer sign in."),
    (Kind::User, "enabled", "The user can sign in again."),
    (Kind::User, "passwordSet", "The password was changed."),
    (Kind::Cluster, "sampled", "Somebody reads records of a topic, and says why."),
];

/// What changes no resource.
const OTHERS: &[(&str, &str, &str, &str)] = &[
    ("session", "opened", "User/{name}", "Somebody signed in."),
    ("session", "closed", "User/{name}", "Somebody signed out."),
    ("session", "refused", "User/{name}", "Somebody did not sign in, or said a wrong password."),
    ("ticket", "issued", "Subscription/{name}", "Somebody looks at what a subscription gets."),
    ("verifiers", "exported", "{kind}", "What secrets are checked against was exported."),
    ("catalog", "restored", "Catalog", "The store was filled from a backup."),
    ("access", "opened", "Subscription/{name}", "An application began to use an endpoint."),
    ("access", "closed", "Subscription/{name}", "It ceased to; how much passed."),
    ("access", "summed", "Subscription/{name}", "Uses beyond those that are told one by one."),
    ("access", "refused", "Credential/{name}", "An application was refused at a door."),
];

/// What only sinks get.
const CHECKPOINT: (&str, &str, &str, &str) =
    ("audit", "checkpoint", "Audit", "Where the chain stands, signed; for Kafka's sink only.");

/// All types, in the order of what they are about.
pub fn types() -> Vec<EventType> {
    let mut types = Vec::new();
    for kind in Kind::ALL {
        let noun = kind.name().to_ascii_lowercase();
        let own = OF_KIND.iter().filter(|(of, ..)| *of == kind);
        let own = own.map(|(_, verb, meaning)| (*verb, *meaning));
        for (verb, meaning) in OF_ALL.iter().copied().chain(own) {
            let subject = format!("{kind}/{{name}}");
            types.push(EventType { name: name(&noun, verb), subject, meaning });
        }
    }
    for (noun, verb, subject, meaning) in OTHERS.iter().chain([&CHECKPOINT]) {
        let subject = (*subject).to_owned();
        types.push(EventType { name: name(noun, verb), subject, meaning });
    }
    types
}

/// All types as a table in Markdown; what happens to every kind is told once.
pub fn markdown() -> String {
    let mut text = "| Type | Subject | When |\n|---|---|---|\n".to_owned();
    let mut row = |noun: &str, verb: &str, subject: &str, meaning: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "| `{}` | `{subject}` | {meaning} |", name(noun, verb));
    };
    for (verb, meaning) in OF_ALL {
        row("{kind}", verb, "{Kind}/{name}", meaning);
    }
    for (kind, verb, meaning) in OF_KIND {
        row(&kind.name().to_ascii_lowercase(), verb, &format!("{kind}/{{name}}"), meaning);
    }
    for (noun, verb, subject, meaning) in OTHERS.iter().chain([&CHECKPOINT]) {
        row(noun, verb, subject, meaning);
    }
    text
}

/// As events have it.
pub(super) fn name(noun: &str, verb: &str) -> String {
    format!("io.sluicegate.{noun}.{verb}.v1")
}

/// Whether the table has it.
pub(super) fn is_known(noun: &str, verb: &str) -> bool {
    let kind = Kind::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(noun));
    match kind {
        Some(kind) => {
            OF_ALL.iter().any(|(known, _)| *known == verb)
                || OF_KIND.iter().any(|(of, known, _)| *of == kind && *known == verb)
        }
        None => OTHERS.iter().any(|(of, known, ..)| (*of, *known) == (noun, verb)),
    }
}
