//! What may be asked of the catalog, what comes of it, and why it may be refused.

use crate::{
    Problem,
    document::Document,
    model::{Kind, SubscriptionState},
    problem::lines,
    secret::SecretText,
    store::StoreError,
};

/// How to apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ApplyOptions {
    /// Check everything and change nothing.
    pub dry_run: bool,
}

/// What a change did.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// The catalog's version after it.
    pub version: u64,
    /// What happened to each resource, in the order of the documents.
    pub resources: Vec<AppliedResource>,
    /// Secrets that were made. They are told once: nothing can tell them again.
    pub secrets: Vec<IssuedSecret>,
}

/// What happened to one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedResource {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// What happened.
    pub action: Action,
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

/// A secret that was made for a credential.
#[derive(Clone, Debug)]
pub struct IssuedSecret {
    /// The credential's name, which is the SASL user name.
    pub credential: String,
    /// The application that it is for.
    pub application: String,
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
    /// The resource does not stand where this can be done.
    #[error("{0}")]
    WrongState(String),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The work was broken off by an error of ours.
    #[error("the change was broken off by an internal error; nothing was changed")]
    Internal,
}

/// A change that was asked for.
pub(crate) enum Intent {
    /// Make resources be as documents say.
    Apply(Vec<Document>, ApplyOptions),
    /// Delete a resource.
    Delete(Kind, String),
    /// Move a subscription.
    Move(String, SubscriptionMove),
    /// Revoke a credential.
    RevokeCredential(String),
}

/// Ways to move a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionMove {
    /// Stop an active one for now.
    Suspend,
    /// Let a suspended one read again.
    Resume,
    /// End it.
    Revoke,
}

impl SubscriptionMove {
    /// Where it leads from `state`.
    ///
    /// # Errors
    /// What can be done instead.
    pub(crate) fn from(self, state: SubscriptionState) -> Result<SubscriptionState, String> {
        use SubscriptionState::{Active, Pending, Revoked, Suspended};
        match (self, state) {
            (SubscriptionMove::Suspend, Active | Suspended) => Ok(Suspended),
            (SubscriptionMove::Suspend, Pending) => {
                Err("is pending: nothing can be read yet; revoke it instead".to_owned())
            }
            (SubscriptionMove::Resume, Active | Suspended) => Ok(Active),
            (SubscriptionMove::Resume, Pending) => {
                Err("is pending; apply it with `state: active` to grant it".to_owned())
            }
            (SubscriptionMove::Revoke, _) => Ok(Revoked),
            (_, Revoked) => Err("is revoked; apply a new subscription instead".to_owned()),
        }
    }
}
