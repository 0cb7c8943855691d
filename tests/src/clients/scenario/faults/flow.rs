//! A client at work while something happens: it reads its own topic, to which a record is added
//! ten times a second, commits every batch, and writes to another topic of its own.

use std::time::{Duration, Instant};

use anyhow::Context;

use crate::clients::event::{READY_LIMIT, Window};
use crate::clients::program::{Job, Line, Outcome, Running};
use crate::clients::scenario::Stage;
use crate::clients::world::Topic;
use crate::clients::{Client, Side};
use crate::documents::Documents;
use crate::load::{Beat, Pulse};
use crate::produce::read_all;

/// `api_key` of Produce.
const PRODUCE: i16 = 0;
/// `api_key` of JoinGroup.
const JOIN_GROUP: i16 = 11;
/// Between two records, in what is read and in what is written.
const EVERY: Duration = Duration::from_millis(100);
/// Bytes of a record.
const BYTES: usize = 100;
/// Records that a client has before it is ready.
const READY_AFTER: usize = 5;
/// How long the rest may take to arrive when it is over.
const REST_LIMIT: Duration = Duration::from_secs(20);
/// How long a client that has all is watched: nothing may come twice.
const WATCH: Duration = Duration::from_secs(1);
/// How long a program may run.
const PROGRAM_LIMIT: Duration = Duration::from_secs(400);

/// The topics of one client in one scenario.
pub(super) struct Topics {
    /// What it reads.
    pub(super) read: Topic,
    /// What it writes.
    pub(super) written: Topic,
}

impl Topics {
    /// Those of a client.
    pub(super) fn of(scenario: &str, client: Client) -> Topics {
        let name = format!("{scenario}-{}", client.name().replace('.', "-"));
        Topics { read: Topic::new(&name, 1), written: Topic::new(&format!("{name}-written"), 1) }
    }

    /// Those of all clients.
    pub(super) fn all(scenario: &str, clients: &[Client]) -> Vec<Topic> {
        let each = clients.iter().map(|client| Topics::of(scenario, *client));
        each.flat_map(|topics| [topics.read, topics.written]).collect()
    }

    /// Publishes them.
    pub(super) fn documents(scenario: &str, clients: &[Client], all: Documents) -> Documents {
        let topics = Topics::all(scenario, clients);
        topics.iter().fold(all, |documents, topic| topic.publish(documents, &[]))
    }
}

/// What came of it.
pub(super) struct Flow {
    /// Everything that the reading client told.
    pub(super) read: Outcome,
    /// When each of its records came.
    pub(super) arrivals: Vec<Instant>,
    /// Records of its topic.
    pub(super) wanted: usize,
    /// JoinGroup requests since it was ready.
    pub(super) joins: usize,
    /// What the writing client told; `None` where it was not asked to write.
    pub(super) wrote: Option<Outcome>,
    /// Which of the records that it wrote are in the log how often: lost ones, repeated ones.
    pub(super) log: (usize, usize),
    /// Whether its writes are idempotent: nothing may be there twice.
    idempotent: bool,
    /// What happened.
    pub(super) windows: Vec<Window>,
}

/// Lets the stage's client read, and write `writes` records, until the event is over.
pub(super) async fn run(stage: &Stage<'_>, topics: &Topics, writes: usize) -> anyhow::Result<Flow> {
    let seat = stage.seat.context("there is no event")?;
    let tap = stage.world.front()?.tap.of(stage.client);
    let beat = Beat { topic: topics.read.real.clone(), partitions: 1, every: EVERY, bytes: BYTES };
    let pulse = Pulse::start(&stage.world.cluster.bootstrap(), beat)?;
    let mut reader = start(stage, reading(stage, &topics.read))?;
    let mut writer = match writes {
        0 => None,
        count => Some(start(stage, writing(stage, &topics.written, count))?),
    };
    let (mut read, mut wrote, mut arrivals) = (Outcome::default(), Outcome::default(), Vec::new());
    tap.forget();
    let begin = Instant::now();
    while read.records.len() < READY_AFTER || (writer.is_some() && tap.count(PRODUCE) == 0) {
        anyhow::ensure!(begin.elapsed() < READY_LIMIT, "it is not ready: {:?}", read.errors);
        let next = tokio::time::timeout(EVERY, reader.next()).await;
        if let Ok(line) = next {
            take(line?.context("it ended early")?, &mut read, &mut arrivals);
        }
    }
    tap.forget();
    seat.ready();
    let mut over = Box::pin(seat.over());
    let windows = loop {
        tokio::select! {
            windows = &mut over => break windows?,
            line = reader.next() => {
                let line = line?.with_context(|| format!("it ended early: {:?}", read.errors))?;
                take(line, &mut read, &mut arrivals);
            }
            line = next_of(&mut writer) => match line? {
                Some(line) => wrote.take(line),
                None => finish(&mut writer, &mut wrote).await?,
            },
        }
    };
    let wanted = usize::try_from(pulse.stop()?)?;
    rest(&mut reader, wanted, &mut read, &mut arrivals).await?;
    let joins = tap.count(JOIN_GROUP);
    finish(&mut writer, &mut wrote).await?;
    let log = match writes {
        0 => (0, 0),
        _ => log(stage, topics, &wrote)?,
    };
    let wrote = (writes > 0).then_some(wrote);
    let (idempotent, windows) = (is_idempotent(stage.client), windows.to_vec());
    Ok(Flow { read, arrivals, wanted, joins, wrote, log, idempotent, windows })
}

fn start(stage: &Stage<'_>, job: Job) -> anyhow::Result<Running> {
    let options = stage.world.options(stage.side)?;
    Running::start(stage.program, &stage.world.bootstrap(stage.side)?, &options, &job)
}

fn reading(stage: &Stage<'_>, topic: &Topic) -> Job {
    let job = Job::consume(topic.name(Side::Gateway), usize::MAX >> 1)
        .with("commit", "each")
        .timeout(PROGRAM_LIMIT);
    stage.in_group(job, &topic.real)
}

fn writing(stage: &Stage<'_>, topic: &Topic, count: usize) -> Job {
    let idempotent = is_idempotent(stage.client);
    Job::produce(topic.name(Side::Gateway), count)
        .with("pause", EVERY.as_millis())
        .with("idempotent", if idempotent { "yes" } else { "no" })
        .timeout(PROGRAM_LIMIT)
}

/// Whether the client has an idempotent producer.
fn is_idempotent(client: Client) -> bool {
    !matches!(client, Client::Segmentio | Client::Rskafka)
}

fn take(line: Line, outcome: &mut Outcome, arrivals: &mut Vec<Instant>) {
    if matches!(line, Line::Record(_)) {
        arrivals.push(Instant::now());
    }
    outcome.take(line);
}

/// The next line of a program that may not run: then it never comes.
async fn next_of(running: &mut Option<Running>) -> anyhow::Result<Option<Line>> {
    match running {
        Some(running) => running.next().await,
        None => std::future::pending().await,
    }
}

async fn finish(running: &mut Option<Running>, outcome: &mut Outcome) -> anyhow::Result<()> {
    if let Some(running) = running.take() {
        *outcome = running.finish(std::mem::take(outcome)).await?;
    }
    Ok(())
}

/// Reads until all records are there, and a little longer.
async fn rest(
    reader: &mut Running,
    wanted: usize,
    outcome: &mut Outcome,
    arrivals: &mut Vec<Instant>,
) -> anyhow::Result<()> {
    let mut end = Instant::now() + REST_LIMIT;
    let mut complete = false;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        if !complete && outcome.records.len() >= wanted {
            (complete, end) = (true, Instant::now() + WATCH);
            continue;
        }
        match tokio::time::timeout(left, reader.next()).await {
            Ok(line) => take(line?.context("it ended early")?, outcome, arrivals),
            Err(_) => break,
        }
    }
    Ok(())
}

/// Acknowledged records that the log lacks, and records that it has more than once.
fn log(stage: &Stage<'_>, topics: &Topics, wrote: &Outcome) -> anyhow::Result<(usize, usize)> {
    let bootstrap = stage.world.cluster.bootstrap();
    let log = read_all(&bootstrap, &topics.written.real, 1, "read_committed")?;
    let mut keys: Vec<_> = log.iter().filter_map(|record| record.key.clone()).collect();
    let all = keys.len();
    keys.sort_unstable();
    keys.dedup();
    Ok((wrote.sent.len().saturating_sub(keys.len()), all - keys.len()))
}

impl Flow {
    /// What was lost, or came twice, of what was read.
    pub(super) fn damage(&self) -> Option<String> {
        let mut offsets: Vec<i64> = self.read.records.iter().map(|seen| seen.offset).collect();
        offsets.sort_unstable();
        offsets.dedup();
        let twice = self.read.records.len() - offsets.len();
        let lost = self.wanted.saturating_sub(offsets.len());
        let damage = (lost, twice) != (0, 0);
        damage.then(|| format!("of {} records {lost} lost, {twice} twice", self.wanted))
    }

    /// What is wrong with what was written, where all of it must be.
    pub(super) fn damage_written(&self, count: usize) -> Option<String> {
        let sent = self.wrote.as_ref()?.sent.len();
        let (lost, twice) = self.log;
        let damage = sent != count || lost > 0 || (self.idempotent && twice > 0);
        damage.then(|| format!("of {count} records {sent} written, {lost} lost, {twice} twice"))
    }

    /// What is wrong with what was acknowledged.
    pub(super) fn damage_acknowledged(&self) -> Option<String> {
        let sent = self.wrote.as_ref()?.sent.len();
        self.damage_written(sent)
    }

    /// The longest time without a record that has something of a window in it.
    pub(super) fn gap(&self, window: &Window) -> Duration {
        let pairs = self.arrivals.iter().zip(self.arrivals.iter().skip(1));
        let touched = pairs.filter(|(one, next)| **next > window.from && **one < window.to);
        touched.map(|(one, next)| *next - *one).max().unwrap_or_default()
    }
}
