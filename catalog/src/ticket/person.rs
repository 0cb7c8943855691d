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
        let endpoint = state.resources.endpoint(&held.endpoint).ok_or_else(not_found)?;
        if !own && !endpoint.allowed_origins.contains(origin) {
            return Err(wrong("its endpoint does not allow pages of this origin"));
        }
        let Some(key) = &state.tickets else {
            return Err(wrong("there is no key for tickets; the operator's log says why"));
        };
        let by = TicketBy::User(person.user.clone());
        let endpoints = vec![held.endpoint.clone()];
        let times = (self.now(), PERSON_LASTS);
        let ticket = Ticket::new((&held.application, by), endpoints, origin.to_owned(), times);
        let data = json!({ "endpoint": held.endpoint, "origin": origin });
        let subject = format!("{kind}/{subscription}");
        self.record(actor, ("ticket", "issued"), subject, data).await?;
        let address = endpoint.address().to_owned();
        Ok(Issued { text: key.sign(&ticket), ticket, address })
    }
}
