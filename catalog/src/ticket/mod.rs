//! Tickets: what a web page opens streams with, because it can neither send headers (`EventSource`)
//! nor keep a secret. A ticket stands in the page's address, so it is short-lived, bound to
//! endpoints and to the page's origin, and must be used soon after it was made. Afterwards it only
//! lets its own stream go on: the stream's cursors carry a tag that nobody else was told.
//!
//! `slt_<claims, JSON in base64url>.<HMAC-SHA-256 in base64url>`. Signed by a key of the catalog,
//! so that every replica, and the portal for a person who is signed in, can make and check them;
//! none is kept anywhere.

mod person;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use crate::secret::SecretText;

pub use person::{Issued, PERSON_LASTS};

/// The name under which the key is sealed.
pub(crate) const TICKET_KEY: &str = "tickets/signing-key";

/// How soon after it was made a ticket must be used for the first time.
pub const FIRST_USE_WITHIN: Duration = Duration::seconds(60);
/// How long a ticket lasts unless somebody asks for less or more.
pub const LASTS: Duration = Duration::hours(1);
/// How long a ticket can last.
pub const LASTS_MAX: Duration = Duration::hours(12);
/// Endpoints that one ticket can name.
pub const ENDPOINTS_MAX: usize = 20;

/// What every ticket begins with, so that scanners for leaked secrets find it.
const PREFIX: &str = "slt_";
/// Longest text that is worth looking at: 20 names of 63 characters, an origin, and the rest.
const TEXT_BYTES_MAX: usize = 4096;
/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// Bytes of a tag's connection and of its check value.
const TAG_BYTES: (usize, usize) = (4, 12);
/// What is signed says what it is for.
const FOR_TICKETS: &[u8] = b"sluicegate ticket v1\0";
const FOR_TAGS: &[u8] = b"sluicegate ticket stream v1\0";

/// What a ticket says.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Ticket {
    /// Its own name: 128 random bits.
    #[serde(rename = "i")]
    pub id: u128,
    /// The application whose subscriptions are read by.
    #[serde(rename = "a")]
    pub application: String,
    /// Who asked for it.
    #[serde(rename = "b")]
    pub by: TicketBy,
    /// The endpoints that it opens, by name.
    #[serde(rename = "e")]
    pub endpoints: Vec<String>,
    /// The origin of the pages that may use it (RFC 6454, as browsers write it).
    #[serde(rename = "o")]
    pub origin: String,
    /// When it was made, in seconds since 1970.
    #[serde(rename = "t")]
    pub issued: i64,
    /// When it ends, in seconds since 1970.
    #[serde(rename = "x")]
    pub expires: i64,
}

/// Who asked for a ticket: it ends when they could not ask again.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum TicketBy {
    /// The application, with this credential.
    #[serde(rename = "c")]
    Credential(String),
    /// This user, who may act for the application.
    #[serde(rename = "u")]
    User(String),
    /// This user, to look at what a plan that allows it gives; the ticket's application is nobody.
    #[serde(rename = "p")]
    Preview {
        /// The user.
        #[serde(rename = "u")]
        user: String,
        /// The plan's name.
        #[serde(rename = "p")]
        plan: String,
    },
}

impl TicketBy {
    /// The user who asked, if it was one.
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::Credential(_) => None,
            Self::User(user) | Self::Preview { user, .. } => Some(user),
        }
    }
}

impl Ticket {
    /// A new ticket that begins now.
    pub fn new(
        (application, by): (&str, TicketBy),
        endpoints: Vec<String>,
        origin: String,
        (now, lasts): (OffsetDateTime, Duration),
    ) -> Self {
        let issued = now.unix_timestamp();
        let application = application.to_owned();
        let expires = issued.saturating_add(lasts.whole_seconds());
        Self { id: rand::random(), application, by, endpoints, origin, issued, expires }
    }

    /// When it ends.
    pub fn ends_at(&self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp(self.expires).ok()
    }

    /// Whether it may still be used for the first time.
    pub fn is_fresh_at(&self, now: OffsetDateTime) -> bool {
        now.unix_timestamp() <= self.issued.saturating_add(FIRST_USE_WITHIN.whole_seconds())
    }
}

/// Makes and checks tickets.
pub struct TicketKey(Hmac<Sha256>);

impl std::fmt::Debug for TicketKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TicketKey(…)")
    }
}

impl TicketKey {
    /// A fresh key, as it is sealed.
    pub(crate) fn new_text() -> SecretText {
        let random = Zeroizing::new(rand::random::<[u8; KEY_BYTES]>());
        STANDARD.encode(*random).into()
    }

    /// The key of what was sealed.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn from_text(text: &str) -> Result<Self, String> {
        let wrong = || "the key of tickets cannot be used".to_owned();
        let key = Zeroizing::new(STANDARD.decode(text).map_err(|_| wrong())?);
        if key.len() != KEY_BYTES {
            return Err(wrong());
        }
        Hmac::new_from_slice(&key).map(Self).map_err(|_| wrong())
    }

    /// A key of its own for tests.
    ///
    /// # Panics
    /// Never: keys of this length fit.
    #[doc(hidden)]
    pub fn for_tests() -> Self {
        Self::from_text(&Self::new_text()).unwrap_or_else(|reason| unreachable!("{reason}"))
    }

    /// The ticket's text.
    pub fn sign(&self, ticket: &Ticket) -> SecretText {
        let claims = URL_SAFE_NO_PAD.encode(serde_json::to_vec(ticket).unwrap_or_default());
        let mac = self.mac(FOR_TICKETS, claims.as_bytes()).finalize().into_bytes();
        format!("{PREFIX}{claims}.{}", URL_SAFE_NO_PAD.encode(mac)).into()
    }

    /// What a ticket's text says; `None`: it was not made by this key. Says nothing of time.
    pub fn read(&self, text: &str) -> Option<Ticket> {
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let (claims, mac) = text.strip_prefix(PREFIX)?.split_once('.')?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        // In constant time, and before anything of the claims is looked at.
        self.mac(FOR_TICKETS, claims.as_bytes()).verify_slice(&mac).ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }

    /// What the cursors of one connection under a ticket carry.
    pub fn tag(&self, ticket: &Ticket, connection: u32) -> String {
        let connection = connection.to_be_bytes();
        let mac = self.tag_mac(ticket, &connection).finalize().into_bytes();
        let check = mac.get(..TAG_BYTES.1).unwrap_or_default();
        URL_SAFE_NO_PAD.encode([connection.as_slice(), check].concat())
    }

    /// The connection under a ticket whose cursors carry this; `None`: no connection's do.
    pub fn connection(&self, ticket: &Ticket, tag: &str) -> Option<u32> {
        let bytes = URL_SAFE_NO_PAD.decode(tag).ok()?;
        let (connection, check) = bytes.split_first_chunk::<{ TAG_BYTES.0 }>()?;
        let right_size = check.len() == TAG_BYTES.1;
        let mac = self.tag_mac(ticket, connection);
        mac.verify_truncated_left(check).ok().filter(|()| right_size)?;
        Some(u32::from_be_bytes(*connection))
    }

    fn tag_mac(&self, ticket: &Ticket, connection: &[u8]) -> Hmac<Sha256> {
        self.mac(FOR_TAGS, &[&ticket.id.to_be_bytes(), connection].concat())
    }

    fn mac(&self, purpose: &[u8], text: &[u8]) -> Hmac<Sha256> {
        self.0.clone().chain_update(purpose).chain_update(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket() -> Ticket {
        let by = TicketBy::Credential("c1".to_owned());
        let times = (OffsetDateTime::UNIX_EPOCH, LASTS);
        Ticket::new(("app", by), vec!["orders".into()], "https://a.example".into(), times)
    }

    #[test]
    fn what_was_signed_is_read_and_nothing_else() {
        let (key, other) = (TicketKey::for_tests(), TicketKey::for_tests());
        let ticket = ticket();
        let text = key.sign(&ticket);
        assert_eq!(key.read(&text), Some(ticket));
        assert_eq!(other.read(&text), None);
        for at in 0..text.len() {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).expect("ASCII stays ASCII");
            assert_eq!(key.read(&changed), None, "{at}");
        }
        for wrong in ["", "slt_", "slt_.", "slt_e30.", "slg_c1_abc", &"slt_a".repeat(2000)] {
            assert_eq!(key.read(wrong), None);
        }
    }

    #[test]
    fn tags_are_of_one_ticket_and_one_connection() {
        let key = TicketKey::for_tests();
        let (one, two) = (ticket(), ticket());
        let tag = key.tag(&one, 7);
        assert_eq!(key.connection(&one, &tag), Some(7));
        assert_eq!(key.connection(&two, &tag), None);
        assert_ne!(key.tag(&one, 8), tag);
        assert_eq!(key.connection(&one, ""), None);
        assert_eq!(key.connection(&one, &tag[..tag.len() - 4]), None);
    }

    #[test]
    fn a_ticket_is_used_soon_or_not_at_all() {
        let ticket = ticket();
        let after = |seconds| OffsetDateTime::UNIX_EPOCH + Duration::seconds(seconds);
        assert!(ticket.is_fresh_at(after(60)));
        assert!(!ticket.is_fresh_at(after(61)));
        assert_eq!(ticket.ends_at(), Some(after(3600)));
    }
}
