//! What Kafka clients read through the gateway, on a real cluster: the same images as on the other
//! doors, the broker's own bytes where there is nothing to change, and answers that no client
//! stumbles over. Raw frames where exactness counts, librdkafka otherwise.

mod agreement;
mod changes;
mod door;
mod images;
mod isolation;
mod limits;
mod offsets;
mod serving;
