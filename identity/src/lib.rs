#![doc = include_str!("../README.md")]

mod algorithm;
mod claims;
mod http;
mod issuer;
mod json;
mod keys;
mod log;
mod login;
mod provider;
mod refusal;
mod token;
mod verifier;

pub use algorithm::Algorithm;
pub use claims::Claims;
pub use issuer::{Issuer, IssuerError};
pub use login::{Begun, Client, Login, LoginError, Returned};
pub use provider::Timing;
pub use refusal::Refusal;
pub use token::{TOKEN_BYTES_MAX, looks_like_token, read as read_token};
pub use verifier::Verifier;
