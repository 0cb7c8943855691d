//! What a replica reports. Never holds payload or secrets: a credential is named by its id.

use std::net::IpAddr;
use std::sync::Arc;

use time::OffsetDateTime;

use super::Counted;
use crate::model::Door;

/// The longest words of a refusal that are kept, in characters: a sentence or two.
const WORDS_MAX: usize = 300;
/// The longest address, in bytes: as the longest name of a topic.
const ADDRESS_BYTES_MAX: usize = 249;
/// The longest name of a client's software that is kept, in characters.
const SOFTWARE_MAX: usize = 100;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// Something passed for a subscriber, or was kept from it.
    Used(Usage),
    /// Somebody was refused.
    Refused(Refusal),
    /// A connection was opened.
    Opened(Session),
    /// A connection was closed.
    Closed {
        /// Its number.
        number: u64,
    },
    /// Somebody began or ceased to use an endpoint: for the audit.
    Accessed(Arc<Access>),
    /// How far a group has come.
    Lag(Lag),
    /// What is wrong with the replica now; empty: nothing.
    Health {
        /// In words.
        problems: Vec<String>,
    },
}

/// What passed for one subscription, and what did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The subscription's name.
    pub subscription: Arc<str>,
    /// The credential's id.
    pub credential: Arc<str>,
    /// The door.
    pub door: Door,
    /// How much.
    pub counted: Counted,
}

/// Why somebody was refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// The credential's id, if it is one of the catalog's: names that anybody may invent are not
    /// kept.
    pub credential: Option<Arc<str>>,
    /// The address that was asked for, as the client sent it: it says nothing of whether there is
    /// such an endpoint.
    pub address: Option<Arc<str>>,
    /// The door.
    pub door: Door,
    /// The reason as a word of a closed set.
    pub code: &'static str,
    /// The reason in words, for the credential's owner.
    pub words: String,
}

impl Refusal {
    /// A refusal; words beyond what is kept are cut.
    pub fn new(door: Door, code: &'static str, words: &str) -> Self {
        let words = words.chars().take(WORDS_MAX).collect();
        Self { credential: None, address: None, door, code, words }
    }

    /// Whose credential it was.
    #[must_use]
    pub fn of(mut self, credential: &str) -> Self {
        self.credential = Some(credential.into());
        self
    }

    /// What was asked for; what can be no address is not kept.
    #[must_use]
    pub fn at(mut self, address: &str) -> Self {
        let possible = (1..=ADDRESS_BYTES_MAX).contains(&address.len())
            && address.bytes().all(|byte| byte.is_ascii_graphic());
        self.address = possible.then(|| address.into());
        self
    }
}

/// A connection that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its number on this replica.
    pub number: u64,
    /// The credential's id.
    pub credential: Arc<str>,
    /// The door.
    pub door: Door,
    /// From where.
    pub peer: IpAddr,
    /// What the client says it is.
    pub software: String,
}

impl Session {
    /// The software's name as it is kept: printable and short, since clients may say anything.
    pub(crate) fn software(&self) -> String {
        self.software.chars().filter(|c| !c.is_control()).take(SOFTWARE_MAX).collect()
    }
}

/// The use of one endpoint through one connection or stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Its number on this replica.
    pub number: u64,
    /// The application.
    pub application: Arc<str>,
    /// The credential's id.
    pub credential: Arc<str>,
    /// The subscription's name.
    pub subscription: Arc<str>,
    /// The endpoint's address.
    pub endpoint: Arc<str>,
    /// The door.
    pub door: Door,
    /// Whether it writes; otherwise it reads.
    pub writes: bool,
    /// From where, as far as it is known.
    pub peer: Option<IpAddr>,
    /// When it began.
    pub opened_at: OffsetDateTime,
    /// When it ended, and the events and bytes that passed; `None`: it has begun.
    pub closed: Option<(OffsetDateTime, u64, u64)>,
}

/// How far a group has come in one topic-partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lag {
    /// The subscription's name.
    pub subscription: Arc<str>,
    /// The group's name, as its members know it.
    pub consumer: Arc<str>,
    /// The topic-partition's index.
    pub partition: i32,
    /// The next offset it will read.
    pub committed: i64,
    /// The end of the log.
    pub log_end: i64,
}
