//! What goes wrong while clients are at work: all of them read, commit and write at once, each its
//! own topics, and something happens to what is behind or to the gateway itself.

pub(super) mod change;
mod flow;
pub(super) mod moves;
pub(super) mod parked;
pub(super) mod replicas;

use crate::clients::world::World;

/// The gateways of a world, from the first.
fn gateways(world: &World) -> anyhow::Result<Vec<&crate::gateway::Gateway>> {
    Ok(world.front()?.gateways().collect())
}
