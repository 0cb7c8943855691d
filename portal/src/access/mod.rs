//! Who asks, how they prove it, and what each route needs of them.

mod authenticate;
mod cookie;
mod csrf;
mod once;
mod rate;
mod routes;
mod throttle;

pub(crate) use authenticate::{Address, Caller, perhaps, require};
pub(crate) use cookie::{LOGIN, SESSION, clear, find, set};
pub(crate) use csrf::require_same_site;
pub(crate) use once::NotKept;
pub(crate) use rate::Rate;
pub use routes::{Need, ROUTES};
pub(crate) use throttle::Throttle;
