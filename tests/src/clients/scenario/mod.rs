//! The scenarios: each says which topics and endpoints it needs and what a client does there. It is
//! told which side it is on, and judges by itself; comparing the sides is `suite`'s part.

mod consume;
mod produce;
mod redact;

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
    /// C4: redaction with each codec.
    Redact,
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
    pub const ALL: [Scenario; 3] = [Scenario::Consume, Scenario::Produce, Scenario::Redact];
    /// What every run of the tests tries.
    pub const CORE: [Scenario; 2] = [Scenario::Consume, Scenario::Produce];

    /// Its id in tables and on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Scenario::Consume => "C1",
            Scenario::Produce => "C2",
            Scenario::Redact => "C4",
        }
    }

    /// What it is, for the table's legend.
    pub fn title(self) -> &'static str {
        match self {
            Scenario::Consume => "consume by group, assignment and pattern; resume; same records",
            Scenario::Produce => "produce: codecs, acks, idempotent, transactions; same bytes",
            Scenario::Redact => "redaction with each codec; keys, headers, offsets untouched",
        }
    }

    /// The scenario of that id.
    pub fn named(id: &str) -> Option<Scenario> {
        Scenario::ALL.into_iter().find(|scenario| scenario.id().eq_ignore_ascii_case(id))
    }

    /// Whether it also runs against the broker itself.
    pub fn is_direct(self) -> bool {
        true
    }

    /// Topics it needs for these clients.
    pub fn topics(self, clients: &[Client]) -> Vec<Topic> {
        match self {
            Scenario::Consume => consume::topics(),
            Scenario::Produce => produce::topics(clients),
            Scenario::Redact => redact::topics(),
        }
    }

    /// Adds its policies, endpoints, plans and subscriptions.
    pub fn documents(self, clients: &[Client], documents: Documents) -> Documents {
        match self {
            Scenario::Consume => consume::documents(documents),
            Scenario::Produce => produce::documents(clients, documents),
            Scenario::Redact => redact::documents(documents),
        }
    }

    /// Fills its topics.
    pub async fn fill(self, cluster: &KafkaCluster) -> anyhow::Result<()> {
        match self {
            Scenario::Consume => consume::fill(cluster),
            Scenario::Produce => Ok(()),
            Scenario::Redact => redact::fill(cluster),
        }
    }

    /// Runs it with one client on one side.
    pub async fn run(self, stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
        match self {
            Scenario::Consume => consume::run(stage).await,
            Scenario::Produce => produce::run(stage).await,
            Scenario::Redact => redact::run(stage).await,
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
