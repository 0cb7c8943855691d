//! Tickets for people who look at what an application of theirs gets.

use serde_json::json;
use time::Duration;

use super::{Ticket, TicketBy};
use crate::{
    Actor, ApplyError, Catalog, Problem,
    model::{Kind, Resource, Spec},
    people::Operation,
    secret::SecretText,
};

/// How long a person's ticket lasts: a page gets a new one when it ends, if the person still may.
pub const PERSON_LASTS: Duration = Duration::minutes(10);

/// A ticket that was made for somebody.
#[derive(Clone, Debug)]
pub struct Issued {
    /// Its text. It is told once.
    pub text: SecretText,
    /// What it says.
    pub ticket: Ticket,
    /// The address of the endpoint that it opens.
    pub address: String,
}

impl Catalog {
    /// Makes a ticket for a user to read as a subscription's application does, in a page of this
    /// origin. `own`: the page is of the gateway itself. Told to the audit.
    ///
    /// # Errors
    /// [`ApplyError::NotFound`], [`ApplyError::Forbidden`], [`ApplyError::WrongState`] with what to
    /// do, or when the audit cannot be written.
    pub async fn ticket_for(
        &self,
        actor: &Actor,
        subscription: &str,
        (origin, own): (&str, bool),
    ) -> Result<Issued, ApplyError> {
        let (state, kind) = (self.state(), Kind::Subscription);
        let not_found = || ApplyError::NotFound { kind, name: subscription.to_owned() };
        let found = state.resources.find(kind, subscription).ok_or_else(not_found)?;
        let one = (subscription, &**found);
        let may = |operation, one: (&str, &Resource)| {
            actor.rights.allow(operation, one, &state.resources)
        };
        if !may(Operation::Read, one) {
            return Err(not_found());
        }
        if !may(Operation::Consume, one) {
            let message = actor.rights.refusal(Operation::Consume, kind);
            let (kind, name) = (Some(kind), Some(subscription.to_owned()));
            return Err(ApplyError::Forbidden(vec![Problem {
                kind,
                name,
                message,
                ..Problem::default()
            }]));
        }
        let wrong = |why: &str| ApplyError::WrongState(format!("{kind} `{subscription}`: {why}"));
        let Some(person) = actor.rights.person() else {
            return Err(wrong("tickets are for users: sign in as one"));
        };
        let Spec::Subscription(held) = &found.spec else { return Err(not_found()) };
        let by = TicketBy::User(person.user.clone());
        let asked = ((&*held.application, by), &*held.endpoint, (origin, own));
        self.issue(actor, (kind, subscription), asked).await
    }

    /// Makes a ticket for a user to look at what a plan gives that allows it, without a
    /// subscription, in a page of this origin. `own`: the page is of the gateway itself. Told to
    /// the audit.
    ///
    /// # Errors
    /// As [`Catalog::ticket_for`].
    pub async fn preview_ticket_for(
        &self,
        actor: &Actor,
        plan: &str,
        (origin, own): (&str, bool),
    ) -> Result<Issued, ApplyError> {
        let (state, kind) = (self.state(), Kind::Plan);
        let not_found = || ApplyError::NotFound { kind, name: plan.to_owned() };
        let found = state.resources.find(kind, plan).ok_or_else(not_found)?;
        if !actor.rights.allow(Operation::Read, (plan, &**found), &state.resources) {
            return Err(not_found());
        }
        let wrong = |why: &str| ApplyError::WrongState(format!("{kind} `{plan}`: {why}"));
        let Some(person) = actor.rights.person() else {
            return Err(wrong("tickets are for users: sign in as one"));
        };
        let Spec::Plan(offered) = &found.spec else { return Err(not_found()) };
        if !offered.preview {
            return Err(wrong("it shows nothing without a subscription: subscribe to it"));
        }
        let by = TicketBy::Preview { user: person.user.clone(), plan: plan.to_owned() };
        let asked = (("", by), &*offered.endpoint, (origin, own));
        self.issue(actor, (kind, plan), asked).await
    }

    /// Makes a ticket for whoever may have it.
    async fn issue(
        &self,
        actor: &Actor,
        (kind, name): (Kind, &str),
        (of, endpoint, (origin, own)): ((&str, TicketBy), &str, (&str, bool)),
    ) -> Result<Issued, ApplyError> {
        let state = self.state();
        let wrong = |why: &str| ApplyError::WrongState(format!("{kind} `{name}`: {why}"));
        let read = state.resources.endpoint(endpoint);
        let read = read.ok_or_else(|| wrong("its endpoint is not there"))?;
        if !own && !read.allowed_origins.contains(origin) {
            return Err(wrong("its endpoint does not allow pages of this origin"));
        }
        let Some(key) = &state.tickets else {
            return Err(wrong("there is no key for tickets; the operator's log says why"));
        };
        let times = (self.now(), PERSON_LASTS);
        let ticket = Ticket::new(of, vec![endpoint.to_owned()], origin.to_owned(), times);
        let data = json!({ "endpoint": endpoint, "origin": origin });
        self.record(actor, ("ticket", "issued"), format!("{kind}/{name}"), data).await?;
        let address = read.address().to_owned();
        Ok(Issued { text: key.sign(&ticket), ticket, address })
    }
}
