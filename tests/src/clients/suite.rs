//! Runs scenarios with clients on both sides and compares: what passes direct must pass through the
//! gateway, with the same records.

use super::allowed::Allowed;
use super::install::{self, Program};
use super::scenario::{Case, Scenario, Stage, Verdict};
use super::world::World;
use super::{Client, Side};

/// What to run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Scenarios, in order.
    pub scenarios: Vec<Scenario>,
    /// Clients.
    pub clients: Vec<Client>,
    /// Whether there is a gateway; without one only the programs are tried.
    pub through: bool,
}

/// One client in one scenario.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The scenario.
    pub scenario: Scenario,
    /// The client.
    pub client: Client,
    /// What came of it.
    pub result: Result,
}

/// What a cell came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Result {
    /// Every case that the client knows passed; so many, and so many it does not know.
    Passed(usize, usize),
    /// What passes direct does not pass through the gateway.
    Failed(String),
    /// The same, but the list of exceptions knows why.
    Allowed(String),
    /// Not even direct: the client's own limit, or the suite's mistake.
    Broken(String),
    /// The client knows none of it.
    Unsupported(String),
}

impl Plan {
    /// Four clients of four languages consume and produce: for every run of the tests.
    pub fn core() -> Plan {
        Plan { scenarios: Scenario::CORE.to_vec(), clients: Client::CORE.to_vec(), through: true }
    }

    /// Everything.
    pub fn full() -> Plan {
        Plan { scenarios: Scenario::ALL.to_vec(), clients: Client::ALL.to_vec(), through: true }
    }
}

/// Installs the programs, starts the world and runs every cell, one after the other.
pub async fn run(plan: &Plan, allowed: &Allowed) -> anyhow::Result<Vec<Cell>> {
    let mut programs = Vec::new();
    for client in &plan.clients {
        let client = *client;
        let program = tokio::task::spawn_blocking(move || install::program(client)).await??;
        programs.push((client, program));
    }
    let world = World::start(plan).await?;
    let mut cells = Vec::new();
    for scenario in &plan.scenarios {
        for (client, program) in &programs {
            let result = cell(&world, *scenario, (*client, program), plan.through).await;
            let cell = Cell {
                scenario: *scenario,
                client: *client,
                result: excuse(result, allowed, (*scenario, *client)),
            };
            crate::say(&cell.line());
            cells.push(cell);
        }
    }
    Ok(cells)
}

impl Cell {
    /// One line for people who wait.
    pub fn line(&self) -> String {
        let what = match &self.result {
            Result::Passed(count, 0) => format!("passed ({count} cases)"),
            Result::Passed(count, unknown) => format!("passed ({count} cases, {unknown} unknown)"),
            Result::Failed(why) => format!("FAILED {why}"),
            Result::Allowed(why) => format!("allowed {why}"),
            Result::Broken(why) => format!("NOT DIRECT {why}"),
            Result::Unsupported(why) => format!("unsupported: {why}"),
        };
        format!("{} {}: {what}", self.scenario.id(), self.client.name())
    }

    /// Whether a run with it is a failed one.
    pub fn is_bad(&self) -> bool {
        matches!(self.result, Result::Failed(_) | Result::Broken(_))
    }
}

async fn cell(
    world: &World,
    scenario: Scenario,
    (client, program): (Client, &Program),
    through: bool,
) -> Result {
    let stage = |side| Stage { world, client, program, side };
    let direct = match scenario.is_direct() {
        true => match scenario.run(&stage(Side::Direct)).await {
            Ok(cases) => cases,
            Err(error) => return Result::Broken(format!("{error:#}")),
        },
        false => Vec::new(),
    };
    if !through {
        return alone(&direct);
    }
    match scenario.run(&stage(Side::Gateway)).await {
        Ok(cases) if scenario.is_direct() => compare(&direct, &cases),
        // There is nothing to blame but the gateway.
        Ok(cases) => match alone(&cases) {
            Result::Broken(why) => Result::Failed(why),
            result => result,
        },
        Err(error) => Result::Failed(format!("{error:#}")),
    }
}

/// The cell of cases that have nothing to be compared with.
fn alone(cases: &[Case]) -> Result {
    compare(cases, cases)
}

fn compare(direct: &[Case], through: &[Case]) -> Result {
    let (mut passed, mut unknown, mut why) = (0, Vec::new(), Vec::new());
    for case in direct {
        let other = through.iter().find(|other| other.name == case.name);
        match (&case.verdict, other.map(|other| &other.verdict)) {
            (Verdict::Failed(error), _) => {
                return Result::Broken(format!("{}: {error}", case.name));
            }
            (Verdict::Unsupported(reason), _) => unknown.push(reason.clone()),
            (Verdict::Passed, Some(Verdict::Passed)) => match other {
                Some(other) if sorted(other) != sorted(case) => {
                    why.push(format!("{}: other records than direct", case.name));
                }
                _ => passed += 1,
            },
            (Verdict::Passed, Some(Verdict::Failed(error) | Verdict::Unsupported(error))) => {
                why.push(format!("{}: {error}", case.name));
            }
            (Verdict::Passed, None) => why.push(format!("{}: did not run", case.name)),
        }
    }
    match (why.is_empty(), passed, unknown.first()) {
        (false, ..) => Result::Failed(why.join("; ")),
        (true, 0, Some(reason)) => Result::Unsupported(reason.clone()),
        (true, ..) => Result::Passed(passed, unknown.len()),
    }
}

fn sorted(case: &Case) -> Vec<super::record::Seen> {
    let mut told = case.told.clone();
    told.sort();
    told
}

fn excuse(result: Result, allowed: &Allowed, cell: (Scenario, Client)) -> Result {
    match (&result, allowed.reason(cell.0, cell.1)) {
        (Result::Failed(_) | Result::Broken(_), Some(reason)) => Result::Allowed(reason.to_owned()),
        _ => result,
    }
}

#[cfg(test)]
mod tests;
