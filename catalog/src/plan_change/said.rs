//! What a document says, and leaves unsaid, about what stands already. What it leaves unsaid stays
//! as it is: a routine apply must not undo a revocation.

use std::sync::Arc;

use super::{moves, work::Work};
use crate::{
    document::Document,
    lifecycle::{self, Moving, SubscriptionDetails},
    model::{Credential, Endpoint, Policy, Resource, Spec, Subscription, Token, User, Verifier},
};

impl Work<'_> {
    /// Carries over what stays, and tells what may not be said.
    pub(super) fn keep_state(&mut self, document: &Document, old: &Resource, new: &mut Resource) {
        match (&old.spec, &mut new.spec) {
            (Spec::Subscription(old), Spec::Subscription(new)) => {
                self.keep_subscription(document, old, Arc::make_mut(new));
            }
            (Spec::Credential(old), Spec::Credential(new)) => {
                self.keep_credential(document, old, Arc::make_mut(new));
            }
            (Spec::Endpoint(old), Spec::Endpoint(new)) => {
                self.keep_endpoint(document, old, Arc::make_mut(new));
            }
            (Spec::Policy(old), Spec::Policy(new)) => {
                self.keep_versions(document, old, Arc::make_mut(new));
            }
            (Spec::User(old), Spec::User(new)) => keep_user(document, old, Arc::make_mut(new)),
            (Spec::Token(old), Spec::Token(new)) => {
                self.keep_token(document, old, Arc::make_mut(new));
            }
            _ => {}
        }
    }

    fn keep_subscription(
        &mut self,
        document: &Document,
        old: &Subscription,
        new: &mut Subscription,
    ) {
        new.requested_at = new.requested_at.or(old.requested_at);
        if new.requested_by.is_none() {
            new.requested_by.clone_from(&old.requested_by);
        }
        if new.agreed_terms.is_none() {
            new.agreed_terms.clone_from(&old.agreed_terms);
        }
        new.expires_at = new.expires_at.or(old.expires_at);
        new.recertify_by = new.recertify_by.or(old.recertify_by);
        if new.justification.is_empty() {
            new.justification.clone_from(&old.justification);
        }
        if !document.states {
            new.state = old.state;
        }
        if let Err(why) = lifecycle::stated_subscription(old.state, new.state) {
            self.wrong_state(document, "spec.state", why);
        }
        if new.decision.is_none() {
            new.decision = match new.state == old.state {
                true => old.decision.clone(),
                false => Some(self.moving(&SubscriptionDetails::default()).decision()),
            };
        }
    }

    fn keep_endpoint(&mut self, document: &Document, old: &Endpoint, new: &mut Endpoint) {
        if !document.states {
            new.lifecycle = old.lifecycle;
            new.sunset = new.sunset.or(old.sunset);
            if new.successor.is_none() {
                new.successor.clone_from(&old.successor);
            }
        }
        let facts = moves::facts(&self.ground.base.resources, &document.name, self.ground.now);
        if let Err(why) = lifecycle::stated_endpoint(old, new, facts) {
            self.wrong_state(document, "spec.lifecycle", why);
        }
    }

    fn keep_credential(&mut self, document: &Document, old: &Credential, new: &mut Credential) {
        if new.verifier != Verifier::default() && new.verifier != old.verifier {
            let message = "is of another secret: a credential keeps its own; make a new credential";
            self.problem(document, "spec.verifier", message.to_owned());
        }
        new.verifier.clone_from(&old.verifier);
        // What has ended stays so.
        new.tickets_ended_at = new.tickets_ended_at.max(old.tickets_ended_at);
        if !document.states {
            new.revoked = old.revoked;
        }
        if old.revoked && !new.revoked {
            let message = "was revoked and never works again; make a new credential";
            self.problem(document, "spec.revoked", message.to_owned());
        }
        if old.kind() != new.kind() {
            let message = "is of another kind (secret, oauth, certificate) than it was; make a new \
                           credential";
            self.problem(document, "spec", message.to_owned());
        }
        if old.application != new.application {
            let message = format!(
                "is a credential of Application `{}`, whose secret is in its hands; make a new \
                 credential",
                old.application
            );
            self.problem(document, "spec.application", message);
        }
    }

    /// Other rules are the next version, whatever the document says of versions: it may be of an
    /// earlier time.
    fn keep_versions(&self, document: &Document, old: &Policy, new: &mut Policy) {
        let rules = std::mem::replace(&mut new.rules, old.rules.clone());
        new.version = old.version;
        new.earlier.clone_from(&old.earlier);
        if rules == old.rules {
            return;
        }
        let pinned = self.ground.base.resources.pinned(&document.name);
        lifecycle::replace_rules(
            new,
            rules,
            &pinned,
            &self.moving(&SubscriptionDetails::default()),
        );
    }

    fn keep_token(&mut self, document: &Document, old: &Token, new: &mut Token) {
        if new.digest.is_some() && new.digest != old.digest {
            let message = "is of another token: a token keeps its own; make a new one";
            self.problem(document, "spec.verifier", message.to_owned());
        }
        new.digest.clone_from(&old.digest);
        if !document.states {
            new.revoked = old.revoked;
        }
        if old.revoked && !new.revoked {
            let message = "was revoked and never works again; make a new token";
            self.problem(document, "spec.revoked", message.to_owned());
        }
        if old.user != new.user {
            let message = format!("is a token of User `{}`; make a new token", old.user);
            self.problem(document, "spec.user", message);
        }
        if !new.scopes.is_subset(&old.scopes) {
            let message = "goes further than the token did, which is in somebody's hands; make a \
                           new token";
            self.problem(document, "spec.scopes", message.to_owned());
        }
    }

    /// Lets new subscriptions begin as their plans have it, once all plans are known.
    pub(super) fn begin_subscriptions(&mut self) {
        for (name, stated) in std::mem::take(&mut self.begun) {
            let Some(found) = self.next.resources.subscription(&name) else { continue };
            let mut subscription = found.clone();
            let plan = self.next.resources.plan(&subscription.plan).map(Arc::as_ref);
            let details = SubscriptionDetails::default();
            let begun = Arc::make_mut(&mut subscription);
            lifecycle::begin_subscription(begun, stated, plan, &self.moving(&details));
            self.replace(&name, Spec::Subscription(subscription));
        }
    }

    fn moving<'d>(&'d self, details: &'d SubscriptionDetails) -> Moving<'d> {
        Moving { actor: self.ground.actor, now: self.ground.now, details }
    }
}

/// A password is no document's, unless a backup is restored.
fn keep_user(document: &Document, old: &User, new: &mut User) {
    if new.password.is_none() {
        new.password.clone_from(&old.password);
    }
    if !document.states {
        new.disabled = old.disabled;
    }
}
