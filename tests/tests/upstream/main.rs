//! The gateway's own Kafka client, against a broker that misbehaves and against real clusters.

mod embedded;
mod real_kafka;
mod recorder;
mod scripted;
