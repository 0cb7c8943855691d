//! The data plane: bytes in, bytes out. Modules in the order in which a request meets them; each
//! may use those below it, never those above.

pub mod activity;
pub mod authn;
pub mod authz;
pub mod gateway;
pub mod http;
pub mod image;
pub mod kafka;
pub mod limits;
pub mod listener;
pub mod metrics;
pub mod quota;
pub mod reader;
pub mod readiness;
mod scram;
pub mod signal;
pub mod tail;
pub mod upstream;
pub mod wire;
