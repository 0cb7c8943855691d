//! One request to one broker, over a pooled connection of its lane.

use std::sync::Arc;

use kafka_protocol::protocol::Request;

use super::Forward;
use crate::upstream::{brokers::Broker, core::Core, failure::Failure, topology::Placement};

/// Brokers tried for a request that any of them can answer.
const BROKERS_TRIED_MAX: usize = 3;

/// A request without an answer.
#[derive(Clone, Debug)]
pub struct Lost {
    pub(in crate::upstream) failure: Failure,
    /// Whether the broker may have received it.
    pub sent: bool,
}

impl Lost {
    pub(super) fn unsent(failure: Failure) -> Self {
        Self { failure, sent: false }
    }
}

/// Where a topic's partitions are led.
pub struct Led(pub(super) Arc<Placement>);

impl Led {
    /// The broker that leads a partition; `None`: no such partition.
    pub fn broker(&self, partition: i32) -> Option<Option<i32>> {
        self.0.leader(partition).map(|leader| leader.broker)
    }
}

/// Sends to a broker by id.
pub(super) async fn to_broker<Q: Request>(
    core: &Core,
    broker: i32,
    forward: Forward<'_, Q>,
) -> Result<Q::Response, Lost> {
    let known = match core.brokers.broker(broker) {
        Some(known) => known,
        None => {
            core.topology.refresh_brokers().await.map_err(Lost::unsent)?;
            let known = core.brokers.broker(broker);
            known.ok_or_else(|| Lost::unsent(Failure::unreachable("the broker is not listed")))?
        }
    };
    send(core, &known, forward).await
}

async fn send<Q: Request>(
    core: &Core,
    broker: &Broker,
    forward: Forward<'_, Q>,
) -> Result<Q::Response, Lost> {
    let lease = core.brokers.lease(broker, forward.wait.lane()).await;
    let mut lease = lease.map_err(Lost::unsent)?;
    let connection = lease.connection().map_err(Lost::unsent)?;
    let api = (Q::KEY, "the request's API");
    let newer = connection.require(api, forward.versions).map(|version| (forward.request, version));
    let (request, version) = match (newer, forward.older) {
        (Err(_), Some((request, versions))) => {
            (request, connection.require(api, versions).map_err(Lost::unsent)?)
        }
        (newer, _) => newer.map_err(Lost::unsent)?,
    };
    let wait = forward.wait.beyond();
    let body = forward.written.map(|write| write(version));
    let answer = match body {
        Some(body) => connection.call_in_parts::<Q>(body, version, wait, forward.client_id).await,
        None => connection.call_for(request, version, wait, forward.client_id).await,
    };
    answer.map_err(|failure| Lost {
        failure: failure.at(&format!("broker {}", broker.id)),
        sent: true,
    })
}

/// Sends to one broker after the other until one answers.
pub(super) async fn to_any<Q: Request>(
    core: &Core,
    forward: Forward<'_, Q>,
) -> Result<Q::Response, Lost> {
    let brokers = known_brokers(core).await.map_err(Lost::unsent)?;
    let first = rand::random_range(0..brokers.len().max(1));
    let mut lost = Lost::unsent(Failure::unreachable("the cluster lists no broker"));
    for broker in brokers.iter().cycle().skip(first).take(brokers.len().min(BROKERS_TRIED_MAX)) {
        match send(core, broker, forward).await {
            Ok(answer) => return Ok(answer),
            Err(failed) if failed.sent && !forward.repeatable => return Err(failed),
            Err(failed) => lost = failed,
        }
    }
    // All of them may have moved.
    core.topology.refresh_brokers().await.map_err(Lost::unsent)?;
    Err(lost)
}

/// Sends to all brokers, one after the other.
pub(super) async fn to_every<Q: Request>(
    core: &Core,
    forward: Forward<'_, Q>,
) -> Result<Vec<Q::Response>, Failure> {
    let mut answers = Vec::new();
    let mut failure = Failure::unreachable("the cluster lists no broker");
    for broker in known_brokers(core).await? {
        match send(core, &broker, forward).await {
            Ok(answer) => answers.push(answer),
            Err(lost) => failure = lost.failure,
        }
    }
    if answers.is_empty() { Err(failure) } else { Ok(answers) }
}

async fn known_brokers(core: &Core) -> Result<Vec<Arc<Broker>>, Failure> {
    let brokers = core.brokers.all();
    if !brokers.is_empty() {
        return Ok(brokers);
    }
    core.topology.refresh_brokers().await?;
    Ok(core.brokers.all())
}
