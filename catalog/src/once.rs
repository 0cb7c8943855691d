//! Requests that are made once however often they are sent: their answers are kept for a while,
//! sealed, because they may hold secrets that are told this once.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use crate::{
    Actor, Catalog,
    secret::{Sealed, SecretText},
    store::{Kept, KeptId, StoreError},
};

/// What they are kept as.
const ONCE: &str = "once";
/// How long an answer is kept, in seconds: a day.
const ANSWER_SECONDS: i64 = 24 * 60 * 60;
/// How long a request that was begun keeps others of its kind waiting, in seconds: longer than any
/// takes. If the server ends in between, it may be made again after that.
const BEGUN_SECONDS: i64 = 120;

/// A request that is made once.
#[derive(Clone, Debug)]
pub struct Once {
    id: KeptId,
    actor: String,
    request: String,
}

/// What there is of a request.
#[derive(Debug)]
pub enum Before {
    /// Nothing: it is to be made now.
    Nothing,
    /// It is being made.
    Running,
    /// Another request had the same key.
    Another,
    /// It was made and answered so.
    Answered(SecretText),
    /// It was made; its answer could not be kept.
    Unknown,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Data {
    request: String,
    done: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<(String, String, String)>,
}

impl Once {
    /// A request of somebody, by the key that they chose; `request`: all that makes it what it is.
    pub fn new(actor: &Actor, key: &str, request: &[u8]) -> Self {
        let actor = actor.to_string();
        let id = KeptId::of(&format!("{actor}\n{key}"));
        // The key, which is not kept, goes in as well: a request may hold a password, and its
        // digest alone could be tried against guesses.
        let digest = Sha256::new().chain_update(key).chain_update(b"\n").chain_update(request);
        Self { id, actor, request: STANDARD.encode(digest.finalize()) }
    }

    /// What its sealed answer is bound to.
    fn seal_name(&self) -> String {
        format!("once/{}", STANDARD.encode(self.id.0))
    }

    fn kept(&self, data: &Data, ends: i64) -> Kept {
        let data = serde_json::to_string(data).unwrap_or_default();
        Kept { what: ONCE, id: self.id, subject: self.actor.clone(), data, ends }
    }
}

impl Catalog {
    /// Begins a request unless it was made before.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn begin_once(&self, once: &Once) -> Result<Before, StoreError> {
        let now = self.now().unix_timestamp();
        let data = Data { request: once.request.clone(), done: false, answer: None };
        if self.store().keep(&once.kept(&data, now + BEGUN_SECONDS), now).await? {
            return Ok(Before::Nothing);
        }
        let kept = self.store().kept(ONCE, once.id, now).await?;
        let Some(kept) = kept else { return Ok(Before::Running) };
        let data: Data = serde_json::from_str(&kept.data).map_err(|error| {
            let what = "an answer that is kept".to_owned();
            StoreError::Unreadable { what, reason: error.to_string() }
        })?;
        if data.request != once.request {
            return Ok(Before::Another);
        }
        Ok(match data.answer {
            _ if !data.done => Before::Running,
            Some(sealed) => self.opened(once, sealed).map_or(Before::Unknown, Before::Answered),
            None => Before::Unknown,
        })
    }

    /// Keeps that a request was made, and what it was answered; `None`: that cannot be told again.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn end_once(&self, once: &Once, answer: Option<&str>) -> Result<(), StoreError> {
        let answer = answer.and_then(|answer| self.sealed(once, answer));
        let data = Data { request: once.request.clone(), done: true, answer };
        let ends = self.now().unix_timestamp() + ANSWER_SECONDS;
        self.store().keep_instead(&once.kept(&data, ends)).await
    }

    /// Forgets a request that was refused: it may be made again.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn forget_once(&self, once: &Once) -> Result<(), StoreError> {
        self.store().forget(ONCE, once.id).await.map(drop)
    }

    /// `None`: there is no key to seal it with.
    fn sealed(&self, once: &Once, answer: &str) -> Option<(String, String, String)> {
        let answer = SecretText::from(answer);
        let sealed = self.secrets().master().ok()?.seal(&once.seal_name(), &answer).ok()?;
        let encoded = |bytes: &[u8]| STANDARD.encode(bytes);
        Some((sealed.key_id.clone(), encoded(&sealed.nonce), encoded(&sealed.ciphertext)))
    }

    fn opened(&self, once: &Once, sealed: (String, String, String)) -> Option<SecretText> {
        let decoded = |text: &str| STANDARD.decode(text).ok();
        let (nonce, ciphertext) = (decoded(&sealed.1)?, decoded(&sealed.2)?);
        let sealed = Sealed { key_id: sealed.0, nonce, ciphertext };
        self.secrets().open(&once.seal_name(), Some(&sealed)).ok()
    }
}
