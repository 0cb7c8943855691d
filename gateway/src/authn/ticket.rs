//! Tickets as proof of an application, for pages that can neither send headers nor keep a secret.

use std::sync::Arc;

use catalog::Snapshot;
use catalog::ticket::{Ticket, TicketBy};
use time::OffsetDateTime;

use super::{AuthnError, Principal};

/// What a request came with, beside its ticket.
#[derive(Clone, Copy, Debug, Default)]
pub struct TicketUse<'a> {
    /// The origin of the page.
    pub origin: Option<&'a str>,
    /// Whether the page is of the gateway itself.
    pub own: bool,
    /// The tag of the cursor that it goes on from.
    pub tag: Option<&'a str>,
}

/// What a principal that came by a ticket may do with it.
#[derive(Debug, PartialEq, Eq)]
pub struct Held {
    /// The ticket.
    pub ticket: Ticket,
    /// Whether the page is of the gateway itself: then no endpoint needs to allow its origin.
    pub own: bool,
    /// This connection under the ticket.
    pub connection: u32,
    /// The connection that it goes on from.
    pub before: Option<u32>,
    /// What its cursors carry.
    pub tag: String,
}

/// Why a ticket opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TicketRefusal {
    /// It was not made here, or it was changed.
    #[error("it is not a ticket of this gateway")]
    Unknown,
    /// Its time is over.
    #[error("its time is over")]
    Ended,
    /// It was not used within its first minute, and no stream of its own goes on.
    #[error("it was not used soon enough after it was made")]
    Late,
    /// Another page's.
    #[error("it was made for pages of another origin")]
    Origin,
    /// A newer connection reads by it.
    #[error("a newer connection uses it")]
    Replaced,
}

/// Authenticates by a ticket. What it may open is decided by `authz`.
///
/// # Errors
/// [`AuthnError::Ticket`].
pub fn by_ticket(
    snapshot: &Snapshot,
    text: &str,
    used: TicketUse<'_>,
    now: OffsetDateTime,
) -> Result<Principal, AuthnError> {
    let refused = |refusal| Err(AuthnError::Ticket(refusal));
    let key = snapshot.tickets.as_ref();
    let Some((key, ticket)) = key.and_then(|key| Some((key, key.read(text)?))) else {
        return refused(TicketRefusal::Unknown);
    };
    let Some(ends_at) = ticket.ends_at().filter(|end| now < *end) else {
        return refused(TicketRefusal::Ended);
    };
    // Browsers leave the origin out where a page asks its own server.
    let right_page = match used.origin {
        Some(origin) => origin == ticket.origin,
        None => used.own,
    };
    if !right_page {
        return refused(TicketRefusal::Origin);
    }
    let before = used.tag.and_then(|tag| key.connection(&ticket, tag));
    if before.is_none() && !ticket.is_fresh_at(now) {
        return refused(TicketRefusal::Late);
    }
    let connection = rand::random();
    let tag = key.tag(&ticket, connection);
    let credential = match &ticket.by {
        TicketBy::Credential(id) => id.clone(),
        TicketBy::User(user) | TicketBy::Preview { user, .. } => format!("user:{user}"),
    };
    Ok(Principal {
        application: ticket.application.clone(),
        credential,
        expires_at: Some(ends_at),
        ticket: Some(Arc::new(Held { ticket, own: used.own, connection, before, tag })),
    })
}

#[cfg(test)]
mod tests;
