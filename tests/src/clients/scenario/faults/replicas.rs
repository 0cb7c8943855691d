//! C7 and C8: three gateways that start from one catalog and one cluster key, behind one address.
//! C7: one after the other is killed and started again: clients go on within seconds, in the group
//! as they were, and nothing is lost or there twice. C8: they are stopped and started: the same.
//! Only through the gateway.

use std::time::Duration;

use super::flow::{self, Flow, Topics};
use super::gateways;
use crate::clients::Client;
use crate::clients::event::{Window, window};
use crate::clients::program::Outcome;
use crate::clients::scenario::{Case, Stage};
use crate::clients::world::{Topic, World};
use crate::documents::Documents;

/// How long a client may be without records around a kill.
const RECOVERED_WITHIN: Duration = Duration::from_secs(4);
/// How long a killed gateway is away before it is started again.
const AWAY: Duration = Duration::from_millis(500);
/// Between two of them: clients are at rest again.
const PAUSE: Duration = Duration::from_secs(5);
/// How long a gateway may take to be ready.
const READY_LIMIT: Duration = Duration::from_secs(30);
/// Records that each client writes, ten a second.
const WRITES: usize = 200;

/// How a gateway goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Way {
    /// C7.
    Killed,
    /// C8.
    Stopped,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Way::Killed => "c7",
            Way::Stopped => "c8",
        }
    }
}

pub(in super::super) fn topics(way: Way, clients: &[Client]) -> Vec<Topic> {
    Topics::all(way.name(), clients)
}

pub(in super::super) fn documents(way: Way, clients: &[Client], all: Documents) -> Documents {
    Topics::documents(way.name(), clients, all)
}

pub(in super::super) async fn run(way: Way, stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
    let flow = flow::run(stage, &Topics::of(way.name(), stage.client), WRITES).await?;
    // Libraries tell of lost connections: an application may be told, if it goes on.
    let none = Outcome::default();
    let wrong = [flow.damage(), joined(&flow), late(way, &flow)];
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    let told = flow.read.errors.first().map_or("no error", String::as_str);
    let wrong = (!wrong.is_empty()).then(|| format!("{} ({told})", wrong.join(", ")));
    Ok(vec![
        Case::plain("reads and commits", &none, wrong),
        Case::plain("writes", &none, flow.damage_acknowledged()),
    ])
}

fn joined(flow: &Flow) -> Option<String> {
    (flow.joins > 0).then(|| format!("{} new joins", flow.joins))
}

fn late(way: Way, flow: &Flow) -> Option<String> {
    let gaps = flow.windows.iter().map(|window| flow.gap(window));
    let longest = gaps.max().unwrap_or_default();
    let late = way == Way::Killed && longest > RECOVERED_WITHIN;
    late.then(|| format!("{longest:?} without records"))
}

/// What happens meanwhile.
pub(in super::super) async fn act(way: Way, world: &World) -> anyhow::Result<Vec<Window>> {
    let mut windows = Vec::new();
    for gateway in gateways(world)? {
        let gone = async {
            match way {
                Way::Killed => {
                    gateway.sigkill();
                    tokio::time::sleep(AWAY).await;
                }
                Way::Stopped => {
                    gateway.sigterm().await?;
                }
            }
            gateway.run().await?;
            gateway.ready(READY_LIMIT).await
        };
        windows.push(window("a gateway is away", gone).await?);
        tokio::time::sleep(PAUSE).await;
    }
    Ok(windows)
}
