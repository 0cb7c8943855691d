//! Runs scenarios with clients on both sides and compares: what passes direct must pass through the
//! gateway, with the same records.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;

use super::allowed::Allowed;
use super::event::Event;
use super::install::{self, Program};
use super::scenario::{Case, Company, Scenario, Stage, Verdict};
use super::world::{Setting, World};
use super::{Client, Side};

/// Cells that run at once: most of a cell is waiting, but programs take a second of processor each
/// to start, on machines of two cores.
const CELLS_AT_ONCE: usize = 5;

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

    /// What runs in one setting; without a gateway, what there is to do direct.
    fn part(&self, setting: Setting) -> Plan {
        let here = |one: &Scenario| one.setting() == setting && (self.through || one.is_direct());
        let scenarios = self.scenarios.iter().copied().filter(here).collect();
        Plan { scenarios, ..self.clone() }
    }

    /// What comes of it where nothing can start.
    fn broken(&self, why: &str) -> Vec<Cell> {
        let cell = |scenario: &Scenario, client: &Client| Cell {
            scenario: *scenario,
            client: *client,
            result: Result::Broken(why.to_owned()),
        };
        let about = |scenario: &Scenario| {
            let clients = self.clients.iter().filter(|client| scenario.is_about(**client));
            clients.map(|client| cell(scenario, client)).collect::<Vec<_>>()
        };
        self.scenarios.iter().flat_map(about).collect()
    }

    /// Scenarios with that company.
    fn with(&self, company: Company) -> Vec<Scenario> {
        self.scenarios.iter().copied().filter(|one| one.company() == company).collect()
    }
}

/// Installs the programs, starts what they need and runs every cell; cells in the plan's order.
pub async fn run(plan: &Plan, allowed: &Allowed) -> anyhow::Result<Vec<Cell>> {
    let mut programs = Vec::new();
    for client in &plan.clients {
        let client = *client;
        let program = tokio::task::spawn_blocking(move || install::program(client)).await??;
        programs.push((client, program));
    }
    let mut cells = Vec::new();
    for setting in Setting::ALL {
        let part = plan.part(setting);
        if part.scenarios.is_empty() {
            continue;
        }
        let world = match World::start_in(setting, &part).await {
            Ok(world) => Arc::new(world),
            Err(error) => {
                cells.extend(part.broken(&format!("{error:#}")));
                continue;
            }
        };
        let run = Run { world, programs: &programs, through: plan.through, allowed };
        cells.extend(run.beside(&part.with(Company::Any), CELLS_AT_ONCE).await?);
        cells.extend(run.beside(&part.with(Company::None), 1).await?);
        for scenario in part.with(Company::Together) {
            cells.extend(run.together(scenario).await?);
        }
    }
    let place = |cell: &Cell| plan.scenarios.iter().position(|one| *one == cell.scenario);
    cells.sort_by_key(place);
    Ok(cells)
}

/// Cells of one world.
struct Run<'a> {
    world: Arc<World>,
    programs: &'a [(Client, Program)],
    through: bool,
    allowed: &'a Allowed,
}

impl Run<'_> {
    /// Some cells at once, never two of one client: what goes by is told apart by client.
    async fn beside(&self, scenarios: &[Scenario], room: usize) -> anyhow::Result<Vec<Cell>> {
        let room = Arc::new(Semaphore::new(room));
        let turns: Vec<_> = self.programs.iter().map(|_| Arc::new(Mutex::new(()))).collect();
        let mut tasks = JoinSet::new();
        for scenario in scenarios.iter().copied() {
            for ((client, program), turn) in self.programs.iter().zip(&turns) {
                if !scenario.is_about(*client) {
                    continue;
                }
                let (client, program, through) = (*client, program.clone(), self.through);
                let (world, room, turn) = (self.world.clone(), room.clone(), turn.clone());
                tasks.spawn(async move {
                    let _turn = turn.lock().await;
                    let _room = room.acquire().await;
                    let start = Instant::now();
                    let result = cell(&world, scenario, (client, &program), through).await;
                    (scenario, client, result, start.elapsed())
                });
            }
        }
        self.collect(tasks).await
    }

    /// All clients at once, around what happens once.
    async fn together(&self, scenario: Scenario) -> anyhow::Result<Vec<Cell>> {
        let event = Event::new();
        let mut tasks = JoinSet::new();
        for (client, program) in self.programs {
            let (client, program, seat) = (*client, program.clone(), event.seat());
            let world = self.world.clone();
            tasks.spawn(async move {
                let (start, side) = (Instant::now(), Side::Gateway);
                let stage =
                    Stage { world: &world, client, program: &program, side, seat: Some(&seat) };
                let result = through_only(scenario.run(&stage).await);
                (scenario, client, result, start.elapsed())
            });
        }
        let clients: Vec<Client> = self.programs.iter().map(|(client, _)| *client).collect();
        event.happen(scenario.act(&self.world, &clients)).await;
        self.collect(tasks).await
    }

    async fn collect(
        &self,
        mut tasks: JoinSet<(Scenario, Client, Result, Duration)>,
    ) -> anyhow::Result<Vec<Cell>> {
        let mut cells = Vec::new();
        while let Some(done) = tasks.join_next().await {
            let (scenario, client, result, took) = done?;
            let result = excuse(result, self.allowed, (scenario, client));
            let cell = Cell { scenario, client, result };
            crate::say(&format!("{} ({} s)", cell.line(), took.as_secs()));
            cells.push(cell);
        }
        // In the order of clients, not of ends.
        let place = |cell: &Cell| self.programs.iter().position(|(one, _)| *one == cell.client);
        cells.sort_by_key(place);
        Ok(cells)
    }
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
    let stage = |side| Stage { world, client, program, side, seat: None };
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
        cases => through_only(cases),
    }
}

/// The cell of a scenario without a direct side: there is nothing to blame but the gateway.
fn through_only(cases: anyhow::Result<Vec<Case>>) -> Result {
    match cases.map(|cases| alone(&cases)) {
        Ok(Result::Broken(why)) => Result::Failed(why),
        Ok(result) => result,
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
