//! The scenarios: each says which topics and endpoints it needs and what a client does there. It is
//! told which side it is on, and judges by itself; comparing the sides is `suite`'s part.

mod consume;
mod filter;
mod idle;
mod login;
mod produce;
mod redact;
mod restart;
mod revoke;
mod throttle;
mod transact;
mod versions;

use super::install::Program;
use super::options::Options;
use super::program::{self, Job, Outcome};
use super::record::Seen;
use super::world::{Topic, World};
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
    /// C9: the broker restarts.
    Restart,
    /// C10: logins.
    Login,
    /// C11: a revoked credential.
    Revoke,
    /// C12: transactions.
    Transact,
    /// C17: nothing to read.
    Idle,
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
    pub const ALL: [Scenario; 10] = [
        Scenario::Consume,
        Scenario::Produce,
        Scenario::Filter,
        Scenario::Redact,
        Scenario::Throttle,
        Scenario::Restart,
        Scenario::Login,
        Scenario::Revoke,
        Scenario::Transact,
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
            Scenario::Restart => "C9",
            Scenario::Login => "C10",
            Scenario::Revoke => "C11",
            Scenario::Transact => "C12",
            Scenario::Idle => "C17",
        }
    }

    /// What it is, for the table's legend.
    pub fn title(self) -> &'static str {
        match self {
            Scenario::Consume => "consume by group, assignment and pattern; resume; same records",
            Scenario::Produce => "produce: codecs, acks, idempotent, transactions; same bytes",
            Scenario::Filter => "filters that hide half, 99.9 % and all records; no errors",
            Scenario::Redact => "redaction with each codec; keys, headers, offsets untouched",
            Scenario::Throttle => "five events a second: the rate within 20 %, no rebalance",
            Scenario::Restart => "the broker restarts: no error, nothing twice",
            Scenario::Login => "PLAIN and SCRAM logins, good and bad; bad ones not hammered",
            Scenario::Revoke => "a revoked credential: closed in a second, nothing later",
            Scenario::Transact => "committed, aborted and open transactions, both isolations",
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

    /// Topics it needs for these clients.
    pub fn topics(self, clients: &[Client]) -> Vec<Topic> {
        match self {
            Scenario::Consume => consume::topics(),
            Scenario::Produce => produce::topics(clients),
            Scenario::Filter => filter::topics(),
            Scenario::Redact => redact::topics(),
            Scenario::Throttle => throttle::topics(),
            Scenario::Restart => restart::topics(clients),
            Scenario::Login => login::topics(),
            Scenario::Revoke => revoke::topics(clients),
            Scenario::Transact => transact::topics(),
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
            Scenario::Restart => restart::documents(clients, documents),
            Scenario::Login => login::documents(documents),
            Scenario::Revoke => revoke::documents(clients, documents),
            Scenario::Transact => transact::documents(documents),
            Scenario::Idle => idle::documents(documents),
        }
    }

    /// Fills its topics.
    pub async fn fill(self, clients: &[Client], cluster: &KafkaCluster) -> anyhow::Result<()> {
        match self {
            Scenario::Consume => consume::fill(cluster),
            Scenario::Produce | Scenario::Restart | Scenario::Idle => Ok(()),
            Scenario::Filter => filter::fill(cluster),
            Scenario::Redact => redact::fill(cluster),
            Scenario::Throttle => throttle::fill(cluster),
            Scenario::Login => login::fill(cluster),
            Scenario::Revoke => revoke::fill(clients, cluster),
            Scenario::Transact => transact::fill(cluster),
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
            Scenario::Restart => restart::run(stage).await,
            Scenario::Login => login::run(stage).await,
            Scenario::Revoke => revoke::run(stage).await,
            Scenario::Transact => transact::run(stage).await,
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
}

impl Stage<'_> {
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
