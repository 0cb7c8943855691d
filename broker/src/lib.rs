#![doc = include_str!("../README.md")]

mod api;
pub mod code;
mod group;
mod intercept;
pub mod limits;
mod log;
mod server;
mod session;
mod state;
mod transaction;

pub use intercept::{Arrived, Edit, First, Interceptor, Plan};
pub use log::{Partition, Refused, Stored, Topic, Topics};
pub use server::{Broker, NODE_ID, Options};
