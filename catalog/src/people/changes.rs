//! Whether somebody may make a change: each resource that it touches is looked at as it stood and
//! as it would stand, so that nobody takes what is another's and nobody gives themselves more.

use std::sync::Arc;

use super::{Operation, Rights, Verdict};
use crate::{
    model::{Approval, Kind, Resource, Spec, Subscription, SubscriptionState, Token},
    resources::Resources,
};

/// What is asked of one resource.
pub(crate) struct Asked<'a> {
    pub(crate) name: &'a str,
    pub(crate) old: Option<&'a Arc<Resource>>,
    pub(crate) new: &'a Resource,
    /// The move that was asked for; `None`: a document.
    pub(crate) by: Option<Operation>,
    /// Whether a new subscription says what only who decides may say.
    pub(crate) grants: bool,
}

impl Rights {
    /// Whether a resource may be put as asked; `Err` says why not.
    pub(crate) fn allow_put(
        &self,
        asked: &Asked<'_>,
        (before, after): (&Resources, &Resources),
    ) -> Result<(), String> {
        if self.person().is_none() {
            return match self.verdict(Operation::Write, Some(asked.new.spec.kind())) {
                Verdict::Any => Ok(()),
                _ => Err("nobody is signed in".to_owned()),
            };
        }
        for operation in operations(asked, after) {
            let of_old =
                asked.old.is_none_or(|old| self.allow(operation, (asked.name, old), before));
            let of_new = self.allow(operation, (asked.name, asked.new), after);
            if !of_old || !of_new {
                return Err(self.refusal(operation, asked.new.spec.kind()));
            }
        }
        self.allow_references(asked.new, before, after)?;
        match &asked.new.spec {
            Spec::Token(token) => self.allow_token(token),
            _ => Ok(()),
        }
    }

    /// Why they may not, and whose it would have to be.
    pub(crate) fn refusal(&self, operation: Operation, kind: Kind) -> String {
        let what = operation.name();
        let a = match kind {
            Kind::Application | Kind::Endpoint => "an",
            _ => "a",
        };
        let teams = self.person().map(|person| &person.teams);
        match self.verdict(operation, Some(kind)) {
            Verdict::No => format!("your roles do not let you {what} {a} {kind}"),
            _ => match (kind, teams.map(|teams| Vec::from_iter(teams.iter().cloned()))) {
                (Kind::User | Kind::Token, _) => format!("you may {what} your own {kind} only"),
                (_, Some(teams)) if !teams.is_empty() => format!(
                    "you may {what} {a} {kind} of your teams only (`{}`): its `owner`, or that of \
                     what it belongs to, is none of them",
                    teams.join("`, `")
                ),
                _ => format!("you may {what} {a} {kind} of your teams only, and you are in none"),
            },
        }
    }

    /// What somebody names must be there for them.
    fn allow_references(
        &self,
        new: &Resource,
        before: &Resources,
        after: &Resources,
    ) -> Result<(), String> {
        let Spec::Subscription(subscription) = &new.spec else { return Ok(()) };
        let named = [
            (Kind::Endpoint, subscription.endpoint.as_str()),
            (Kind::Plan, subscription.plan.as_str()),
        ];
        for (kind, name) in named {
            let exists = before.find(kind, name).is_some();
            if exists && !self.see(kind, name, before) && !self.see(kind, name, after) {
                return Err(format!("{kind} `{name}` does not exist"));
            }
        }
        Ok(())
    }

    fn allow_token(&self, token: &Token) -> Result<(), String> {
        match self.reach(&token.scopes) {
            true => Ok(()),
            false => Err("a token makes no token that goes further than itself".to_owned()),
        }
    }
}

/// What a change asks for.
fn operations(asked: &Asked<'_>, among: &Resources) -> Vec<Operation> {
    if let Some(by) = asked.by {
        return vec![by];
    }
    let old = asked.old.map(|old| &old.spec);
    match (old, &asked.new.spec) {
        (old, Spec::Subscription(new)) => {
            let old = match old {
                Some(Spec::Subscription(old)) => Some(&**old),
                _ => None,
            };
            of_subscription(old, new, (among, asked.grants))
        }
        (Some(Spec::Endpoint(old)), Spec::Endpoint(new)) if old.lifecycle != new.lifecycle => {
            vec![Operation::Write, Operation::Move]
        }
        (Some(Spec::Credential(old)), Spec::Credential(new)) if !old.revoked && new.revoked => {
            vec![Operation::Revoke]
        }
        (Some(Spec::Token(old)), Spec::Token(new)) if !old.revoked && new.revoked => {
            vec![Operation::Revoke]
        }
        _ => vec![Operation::Write],
    }
}

/// Asking is the application's; granting, and everything that gives more, is the endpoint's.
fn of_subscription(
    old: Option<&Subscription>,
    new: &Subscription,
    (among, grants): (&Resources, bool),
) -> Vec<Operation> {
    use SubscriptionState::{Active, Pending, Revoked};
    let plan = among.plan(&new.plan);
    let automatic = plan.is_some_and(|plan| plan.approval == Approval::Automatic);
    let Some(old) = old else {
        let granted = new.state != Pending && !(new.state == Active && automatic);
        return match granted || grants {
            true => vec![Operation::Write, Operation::Decide],
            false => vec![Operation::Write],
        };
    };
    if old.state != Revoked && new.state == Revoked {
        return vec![Operation::Revoke];
    }
    // What a subscriber may say by themselves.
    let mut said = old.clone();
    said.justification.clone_from(&new.justification);
    if old.state == Pending {
        said.plan.clone_from(&new.plan);
    }
    match said == *new {
        true => vec![Operation::Write],
        false => vec![Operation::Decide],
    }
}
