//! What a client may say on a connection for several endpoints.

use serde::Deserialize;

/// The longest name of a subscription, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// What a client should have said.
const SAY: &str = "say subscribe with as, ack with of, seek with from, or unsubscribe";

/// What a client says.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Word {
    /// It has done with so many events of a subscription.
    Ack(Ack),
    /// It wants the events of an endpoint.
    Subscribe(Subscribe),
    /// It wants them no more.
    Unsubscribe(Unsubscribe),
    /// It wants to go on from another place.
    Seek(Seek),
}

/// It has done with so many events of a subscription.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ack {
    /// All events since the subscription began that it has done with.
    pub ack: u64,
    /// The subscription.
    pub of: String,
}

/// It wants the events of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscribe {
    /// The endpoint's address.
    #[serde(rename = "subscribe")]
    pub address: String,
    /// The client's name for it.
    #[serde(rename = "as")]
    pub name: String,
    /// Where to begin.
    pub from: Option<String>,
    /// How events are shown.
    pub format: Option<String>,
    /// How many events may wait to be acknowledged.
    pub window: Option<u64>,
}

/// It wants them no more.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unsubscribe {
    /// The subscription.
    pub unsubscribe: String,
}

/// It wants to go on from another place.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seek {
    /// The subscription.
    pub seek: String,
    /// From where.
    pub from: String,
}

impl Word {
    /// Understands a text.
    ///
    /// # Errors
    /// What the client should have said.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let word: Self = serde_json::from_str(text).map_err(|_| SAY)?;
        match &word {
            Self::Subscribe(Subscribe { name, .. })
                if !(1..=NAME_BYTES_MAX).contains(&name.len()) =>
            {
                Err("a subscription's name has 1 to 64 bytes")
            }
            _ => Ok(word),
        }
    }
}
