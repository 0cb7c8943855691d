//! Secrets: their text types, what applications present, what the gateway presents to others, and
//! how those are sealed at rest. Nothing here prints a secret.

mod application;
mod seal;
mod source;
mod text;
mod token;
pub(crate) mod verifier_text;

pub use application::credential_id;
pub(crate) use application::new_credential_secret;
pub(crate) use seal::Sealed;
pub use seal::{MasterKey, MasterKeyError};
pub use source::Secrets;
pub(crate) use source::{Owner, Resolved};
pub use text::SecretText;
pub(crate) use token::{is_token, new_token_secret, read_token_digest, token_name};

#[cfg(test)]
mod tests;
