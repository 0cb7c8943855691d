//! The scenarios: each says which topics and endpoints it needs and what a client does there. It is
//! told which side it is on, and judges by itself; comparing the sides is `suite`'s part.

mod consume;
mod faults;
mod filter;
mod hostile;
mod idle;
pub mod login;
mod partitions;
mod produce;
mod redact;
mod revoke;
mod throttle;
mod transact;
mod versions;

use self::faults::replicas::Way;
use super::event::{Seat, Window};
use super::install::Program;
use super::options::Options;
use super::program::{self, Job, Outcome};
use super::record::Seen;
use super::tap::View;
use super::world::{Setting, Topic, World};
use super::{Client, Side};
use crate::documents::Documents;
use crate::kafka::KafkaCluster;

/// A scenario of the compatibility suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scenario {
    /// C1: consume by group, assignment and pattern.
    Consume,
    /// C2: produce with each codec, acks, idempotence and transactions.
    Produce,
    /// C3: plans that hide half, almost all and all records.
    Filter,
    /// C4: redaction with each codec.
    Redact,
    /// C5: a plan with a limit.
    Throttle,
    /// C6: errors for ten seconds.
    Parked,
    /// C7: gateways are killed.
    Killed,
    /// C8: gateways restart.
    Rolled,
    /// C9: leaders and coordinators move, brokers restart.
    Moves,
    /// C10: logins.
    Login,
    /// C11: a revoked credential.
    Revoke,
    /// C12: transactions.
    Transact,
    /// C13: logs that change.
    Change,
    /// C14: a topic of 2,000 partitions.
    Partitions,
    /// C15: others are hostile.
    Hostile,
    /// C17: nothing to read.
    Idle,
}

/// What may run beside a scenario's cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Company {
    /// Cells of any scenario.
    Any,
    /// All clients of this scenario at once, around one event, and nothing else.
    Together,
    /// Nothing else at all.
    None,
}

/// What one case of a scenario came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// As it should be.
    Passed,
    /// Not so, and how.
    Failed(String),
    /// The client has no such feature.
    Unsupported(String),
}

/// One case of a scenario.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name, the same on both sides.
    pub name: String,
    /// How it went.
    pub verdict: Verdict,
    /// Records that must be the same on both sides.
    pub told: Vec<Seen>,
}

impl Scenario {
    /// In the table's order.
    pub const ALL: [Scenario; 16] = [
        Scenario::Consume,
        Scenario::Produce,
        Scenario::Filter,
        Scenario::Redact,
        Scenario::Throttle,
        Scenario::Parked,
        Scenario::Killed,
        Scenario::Rolled,
        Scenario::Moves,
        Scenario::Login,
        Scenario::Revoke,
        Scenario::Transact,
        Scenario::Change,
        Scenario::Partitions,
        Scenario::Hostile,
        Scenario::Idle,
    ];
    /// What every run of the tests tries.
    pub const CORE: [Scenario; 2] = [Scenario::Consume, Scenario::Produce];

    /// Its id in tables and on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Scenario::Consume => "C1",
            Scenario::Produce => "C2",
            Scenario::Filter => "C3",
            Scenario::Redact => "C4",
            Scenario::Throttle => "C5",
            Scenario::Parked => "C6",
            Scenario::Killed => "C7",
            Scenario::Rolled => "C8",
            Scenario::Moves => "C9",
            Scenario::Login => "C10",
            Scenario::Revoke => "C11",
            Scenario::Transact => "C12",
            Scenario::Change => "C13",
            Scenario::Partitions => "C14",
            Scenario::Hostile => "C15",
            Scenario::Idle => "C17",
        }
    }

    /// What it is, for the table's legend.
    pub fn title(self) -> &'static str {
        match self {
            Scenario::Consume => "consume by group, assignment and pattern; resume; same records",
            Scenario::Produce => "produce: codecs, acks, idempotent, transactions; same bytes",
            Scenario::Filter => "filters that hide half, 99.9 % and all records; commits",
            Scenario::Redact => "redaction with each codec; keys, headers, offsets untouched",
            Scenario::Throttle => "1 event and 64 KiB a second: within 20 %, no rebalance",
            Scenario::Parked => "ten seconds of errors: few requests, reads on within 3 s",
            Scenario::Killed => "3 gateways are killed in turn: on within 4 s, no new joins",
            Scenario::Rolled => "3 gateways restart in turn: the group's generation stays",
            Scenario::Moves => "leaders and coordinators move, brokers restart: no errors",
            Scenario::Login => "PLAIN, SCRAM, tokens, TLS: good and bad; a session's end",
            Scenario::Revoke => "a revoked credential: all closed in a second, SSE too",
            Scenario::Transact => "committed, aborted and open transactions, both isolations",
            Scenario::Change => "the log begins later, the topic is created anew: nothing void",
            Scenario::Partitions => "2,000 partitions in each Fetch: small answers, little CPU",
            Scenario::Hostile => "others send hostile frames meanwhile: nothing is lost, no error",
            Scenario::Idle => "nothing to read: no reconnects, no busy loop",
        }
    }

    /// The scenario of that id.
    pub fn named(id: &str) -> Option<Scenario> {
        Scenario::ALL.into_iter().find(|scenario| scenario.id().eq_ignore_ascii_case(id))
    }

    /// Whether it also runs against the broker itself.
    pub fn is_direct(self) -> bool {
        use Scenario::{Consume, Filter, Produce, Redact, Transact};
        matches!(self, Consume | Produce | Filter | Redact | Transact)
    }

    /// How much of everything it needs.
    pub fn setting(self) -> Setting {
        match self {
            Scenario::Killed | Scenario::Rolled | Scenario::Moves => Setting::Three,
            Scenario::Partitions => Setting::Wide,
            _ => Setting::One,
        }
    }

    /// Whether it is about that client.
    pub fn is_about(self, client: Client) -> bool {
        let java = [Client::Java42, Client::Java39, Client::Java28];
        self != Scenario::Partitions || java.contains(&client)
    }

    /// What else may run meanwhile.
    pub fn company(self) -> Company {
        use Scenario::{Killed, Moves, Parked, Rolled};
        match self {
            Parked | Killed | Rolled | Moves => Company::Together,
            Scenario::Partitions => Company::None,
            _ => Company::Any,
        }
    }

    /// What happens once for all clients that are together.
    pub async fn act(self, world: &World, clients: &[Client]) -> anyhow::Result<Vec<Window>> {
        match self {
            Scenario::Parked => faults::parked::act(world, clients).await,
            Scenario::Killed => faults::replicas::act(Way::Killed, world).await,
            Scenario::Rolled => faults::replicas::act(Way::Stopped, world).await,
            Scenario::Moves => faults::moves::act(world, clients).await,
            _ => Ok(Vec::new()),
        }
    }

    /// Topics it needs for these clients.
    pub fn topics(self, clients: &[Client]) -> Vec<Topic> {
        match self {
            Scenario::Consume => consume::topics(),
            Scenario::Produce => produce::topics(clients),
            Scenario::Filter => filter::topics(),
            Scenario::Redact => redact::topics(),
            Scenario::Throttle => throttle::topics(),
            Scenario::Parked => faults::parked::topics(clients),
            Scenario::Killed => faults::replicas::topics(Way::Killed, clients),
            Scenario::Rolled => faults::replicas::topics(Way::Stopped, clients),
            Scenario::Moves => faults::moves::topics(clients),
            Scenario::Login => login::topics(),
            Scenario::Revoke => revoke::topics(clients),
            Scenario::Transact => transact::topics(clients),
            Scenario::Change => faults::change::topics(clients),
            Scenario::Partitions => partitions::topics(),
            Scenario::Hostile => hostile::topics(clients),
            Scenario::Idle => idle::topics(),
        }
    }

    /// Adds its policies, endpoints, plans and subscriptions.
    pub fn documents(self, clients: &[Client], documents: Documents) -> Documents {
        match self {
            Scenario::Consume => consume::documents(documents),
            Scenario::Produce => produce::documents(clients, documents),
            Scenario::Filter => filter::documents(documents),
            Scenario::Redact => redact::documents(documents),
            Scenario::Throttle => throttle::documents(documents),
            Scenario::Parked => faults::parked::documents(clients, documents),
            Scenario::Killed => faults::replicas::documents(Way::Killed, clients, documents),
            Scenario::Rolled => faults::replicas::documents(Way::Stopped, clients, documents),
            Scenario::Moves => faults::moves::documents(clients, documents),
            Scenario::Login => login::documents(documents),
            Scenario::Revoke => revoke::documents(clients, documents),
            Scenario::Transact => transact::documents(clients, documents),
            Scenario::Change => faults::change::documents(clients, documents),
            Scenario::Partitions => partitions::documents(documents),
            Scenario::Hostile => hostile::documents(clients, documents),
            Scenario::Idle => idle::documents(documents),
        }
    }

    /// Fills its topics.
    pub async fn fill(self, clients: &[Client], cluster: &KafkaCluster) -> anyhow::Result<()> {
        match self {
            Scenario::Consume => consume::fill(cluster),
            Scenario::Produce | Scenario::Change | Scenario::Hostile | Scenario::Idle => Ok(()),
            Scenario::Parked | Scenario::Killed | Scenario::Rolled | Scenario::Moves => Ok(()),
            Scenario::Filter => filter::fill(cluster),
            Scenario::Redact => redact::fill(cluster),
            Scenario::Throttle => throttle::fill(cluster),
            Scenario::Login => login::fill(cluster),
            Scenario::Revoke => revoke::fill(clients, cluster),
            Scenario::Transact => transact::fill(cluster),
            Scenario::Partitions => partitions::fill(cluster),
        }
    }

    /// Runs it with one client on one side.
    pub async fn run(self, stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
        match self {
            Scenario::Consume => consume::run(stage).await,
            Scenario::Produce => produce::run(stage).await,
            Scenario::Filter => filter::run(stage).await,
            Scenario::Redact => redact::run(stage).await,
            Scenario::Throttle => throttle::run(stage).await,
            Scenario::Parked => faults::parked::run(stage).await,
            Scenario::Killed => faults::replicas::run(Way::Killed, stage).await,
            Scenario::Rolled => faults::replicas::run(Way::Stopped, stage).await,
            Scenario::Moves => faults::moves::run(stage).await,
            Scenario::Login => login::run(stage).await,
            Scenario::Revoke => revoke::run(stage).await,
            Scenario::Transact => transact::run(stage).await,
            Scenario::Change => faults::change::run(stage).await,
            Scenario::Partitions => partitions::run(stage).await,
            Scenario::Hostile => hostile::run(stage).await,
            Scenario::Idle => idle::run(stage).await,
        }
    }
}

/// One client on one side of a world.
pub struct Stage<'a> {
    /// The world.
    pub world: &'a World,
    /// The client.
    pub client: Client,
    /// Its program.
    pub program: &'a Program,
    /// The side.
    pub side: Side,
    /// Its place where something happens once for all clients.
    pub seat: Option<&'a Seat>,
}

impl Stage<'_> {
    /// What went by of this client, where there is a gateway.
    pub fn tap(&self) -> Option<View<'_>> {
        Some(self.world.front.as_ref()?.tap.of(self.client))
    }

    /// Runs the client's program on this side, with its usual login.
    pub async fn job(&self, job: &Job) -> anyhow::Result<Outcome> {
        self.job_with(&self.world.options(self.side)?, job).await
    }

    /// Runs it with other options.
    pub async fn job_with(&self, options: &Options, job: &Job) -> anyhow::Result<Outcome> {
        program::run(self.program, &self.world.bootstrap(self.side)?, options, job).await
    }

    /// The job in a group, where the client has groups.
    pub fn in_group(&self, job: Job, case: &str) -> Job {
        match self.client {
            Client::Rskafka => job,
            _ => job.with("group", self.group(case)),
        }
    }

    /// A group of this client, side and case.
    pub fn group(&self, case: &str) -> String {
        super::world::group(self.client, self.side, case)
    }
}

impl Case {
    /// A case whose records must be the same on both sides.
    pub fn records(name: &str, outcome: Outcome, wrong: Option<String>) -> Case {
        Case { name: name.to_owned(), verdict: judge(&outcome, wrong), told: outcome.records }
    }

    /// A case without records to compare.
    pub fn plain(name: &str, outcome: &Outcome, wrong: Option<String>) -> Case {
        Case { name: name.to_owned(), verdict: judge(outcome, wrong), told: Vec::new() }
    }
}

fn judge(outcome: &Outcome, wrong: Option<String>) -> Verdict {
    if let Some(why) = &outcome.unsupported {
        return Verdict::Unsupported(why.clone());
    }
    let errors = (!outcome.errors.is_empty()).then(|| {
        let shown: Vec<&str> = outcome.errors.iter().take(3).map(String::as_str).collect();
        format!("{} application error(s): {}", outcome.errors.len(), shown.join(" | "))
    });
    match [wrong, errors].into_iter().flatten().collect::<Vec<_>>() {
        wrong if wrong.is_empty() => Verdict::Passed,
        wrong => Verdict::Failed(wrong.join("; ")),
    }
}
