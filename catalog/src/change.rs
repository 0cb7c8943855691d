//! What may be asked of the catalog, what comes of it, and why it may be refused.

use std::collections::BTreeSet;

use crate::{
    Problem,
    breaks::Breaks,
    change_report::Verdict,
    document::Document,
    lifecycle::{EndpointDetails, EndpointMove, PolicyMove, SubscriptionDetails, SubscriptionMove},
    model::{Export, Kind, Proof, User},
    people::Provided,
    problem::lines,
    secret::SecretText,
    store::StoreError,
};

/// How to apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ApplyOptions {
    /// Check everything and change nothing.
    pub dry_run: bool,
    /// Make the change even if it breaks subscribers.
    pub accept_breaking: bool,
}

/// What a change did.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// The catalog's version after it.
    pub version: u64,
    /// What happened to each resource, in the order of the documents.
    pub resources: Vec<AppliedResource>,
    /// What it means for subscribers, plan by plan.
    pub breaks: Vec<Breaks>,
    /// Secrets that were made. They are told once: nothing can tell them again.
    pub secrets: Vec<IssuedSecret>,
}

/// What happened to one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct AppliedResource {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// What happened.
    pub action: Action,
    /// In a dry run: what there is and what there would be.
    pub sides: Option<Box<Sides>>,
}

/// What there is and what there would be; absent: nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sides {
    /// Before the change.
    pub before: Option<Export>,
    /// After it.
    pub after: Option<Export>,
}

/// What happened to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is new.
    Created,
    /// It is another than before.
    Updated,
    /// It was like this already.
    Unchanged,
    /// It is gone.
    Deleted,
}

/// A secret that was made for a credential or a token.
#[derive(Clone, Debug)]
pub struct IssuedSecret {
    /// Credential or Token.
    pub kind: Kind,
    /// Its name: a credential's is the SASL user name.
    pub name: String,
    /// The application or the user that it is for.
    pub holder: String,
    /// The secret.
    pub secret: SecretText,
}

/// Why a change was refused. Nothing of it was done.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Documents are wrong, or the whole would be.
    #[error("{}", lines(.0))]
    Invalid(Vec<Problem>),
    /// There is no such resource.
    #[error("there is no {kind} `{name}`")]
    NotFound {
        /// The kind asked for.
        kind: Kind,
        /// The name asked for.
        name: String,
    },
    /// Others refer to what should be deleted.
    #[error("{}", lines(.0))]
    Referenced(Vec<Problem>),
    /// Whoever asks may not.
    #[error("{}", lines(.0))]
    Forbidden(Vec<Problem>),
    /// The resource is another than whoever asks thinks.
    #[error("{kind} `{name}` is not as you saw it: read it again")]
    Precondition {
        /// Its kind.
        kind: Kind,
        /// Its name.
        name: String,
    },
    /// The resource does not stand where this can be done.
    #[error("{0}")]
    WrongState(String),
    /// Documents say states that cannot be reached from where the resources stand.
    #[error("{}", lines(.0))]
    WrongStates(Vec<Problem>),
    /// It would break subscribers, and nobody said that this is meant.
    #[error("{}", whom(.0))]
    Breaks(Vec<Breaks>),
    /// It was done as often as it may be.
    #[error("{what}")]
    TooOften {
        /// What, how often it may be, and when again, in words.
        what: String,
        /// How long to wait.
        wait: std::time::Duration,
    },
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The work was broken off by an error of ours.
    #[error("the change was broken off by an internal error; nothing was changed")]
    Internal,
}

/// Whom a change breaks, in one sentence.
fn whom(breaks: &[Breaks]) -> String {
    let breaking = breaks.iter().filter(|breaks| breaks.report.verdict() == Verdict::Breaking);
    let subscriptions: usize = breaking.clone().map(|breaks| breaks.subscriptions.len()).sum();
    let endpoints: BTreeSet<_> = breaking.map(|breaks| breaks.endpoint.as_str()).collect();
    let endpoints = Vec::from_iter(endpoints).join("`, `");
    format!(
        "the change breaks {subscriptions} live subscriptions to `{endpoints}`; make a new major \
         version beside it (an endpoint of its own with an address such as `….v2`), or accept that \
         it breaks them (`acceptBreaking`)"
    )
}

/// A change that was asked for.
pub(crate) enum Intent {
    /// Make resources be as documents say.
    Apply(Vec<Document>, ApplyOptions),
    /// Delete a resource.
    Delete(Kind, String),
    /// Move a subscription.
    MoveSubscription(String, SubscriptionMove, SubscriptionDetails),
    /// Move an endpoint.
    MoveEndpoint(String, EndpointMove, EndpointDetails),
    /// Move a policy.
    MovePolicy(String, PolicyMove, ApplyOptions),
    /// Revoke a credential or a token.
    Revoke(Kind, String),
    EndTickets(String),
    /// Let a user be as the identity provider says; with `true` they may become one by it.
    Provide(Provided, bool),
    /// Put a user.
    PutUser(String, User),
    /// Give a user another password.
    SetPassword(String, Proof),
    /// End the subscriptions whose time is over.
    ExpireDue,
}
