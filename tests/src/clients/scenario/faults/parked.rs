//! C6: ten seconds of errors, from real causes: an endpoint is taken away and given back, the
//! broker is away, the topic is deleted and made anew. Clients ask a few times a second at most,
//! and read again soon after. Only through the gateway.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::clients::event::{Window, window};
use crate::clients::program::{Job, Line, Outcome, Running};
use crate::clients::scenario::{Case, Stage, Verdict};
use crate::clients::tap::Request;
use crate::clients::world::{APPLICATION, Topic, World};
use crate::clients::{Client, Side};
use crate::documents::Documents;
use crate::produce::{Codec, Producer, Record};

/// How long each cause lasts.
const PARKED: Duration = Duration::from_secs(10);
/// Between two: everybody reads again.
const PAUSE: Duration = Duration::from_secs(8);
/// Requests in a second, at most, without those that open a connection: some clients open one for
/// each question.
const REQUESTS_PER_SECOND_MAX: f64 = 5.0;
/// Connections in a second, at most.
const CONNECTIONS_PER_SECOND_MAX: f64 = 2.0;
/// `api_key`s of what opens a connection: SaslHandshake, ApiVersions, SaslAuthenticate.
const OPENING: [i16; 3] = [17, 18, 36];
/// How soon a record must come that was written when all was well again.
const RECOVERED_WITHIN: Duration = Duration::from_secs(3);
/// How long the first record may take.
const FIRST_WITHIN: Duration = Duration::from_secs(60);
/// How long a program may run.
const PROGRAM_LIMIT: Duration = Duration::from_secs(180);

/// Error 29, in Metadata and Fetch.
const DENIED: &str = "endpoint taken away";
/// Errors 5 and 6 behind the gateway, which waits.
const AWAY: &str = "broker away";
/// Errors 3 and 100, and 1 when it is there again.
const DELETED: &str = "topic deleted";

fn topic(client: Client) -> Topic {
    Topic::new(&format!("c6-{}", client.name().replace('.', "-")), 1)
}

pub(in super::super) fn topics(clients: &[Client]) -> Vec<Topic> {
    clients.iter().copied().map(topic).collect()
}

pub(in super::super) fn documents(clients: &[Client], documents: Documents) -> Documents {
    topics(clients).iter().fold(documents, |documents, topic| topic.publish(documents, &[]))
}

/// Whether the client ends its work for good by its own rules, with any broker.
fn gives_up(client: Client, what: &str) -> Option<&'static str> {
    match (client, what) {
        (Client::Kafkajs, DENIED) => Some("it stops for good when it is not authorized"),
        (Client::Platformatic, DENIED) => Some("its stream ends when it is not authorized"),
        (Client::Rskafka, DENIED | DELETED) => Some("its stream ends with an error"),
        _ => None,
    }
}

pub(in super::super) async fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
    let seat = stage.seat.context("there is no event")?;
    let tap = stage.world.front()?.tap.of(stage.client);
    write(stage.world, &[stage.client], 2)?;
    // The same client at the broker itself: what it takes there to go on is its own.
    let beside = Stage { side: Side::Direct, ..*stage };
    let (mut reader, mut direct) = (Reader::start(stage)?, Reader::start(&beside)?);
    let begin = Instant::now();
    while reader.arrivals.len() < 2 || direct.arrivals.len() < 2 {
        let left = FIRST_WITHIN.saturating_sub(begin.elapsed());
        tokio::time::timeout(left, async {
            tokio::select! {
                () = reader.next() => {}
                () = direct.next() => {}
            }
        })
        .await
        .with_context(|| format!("no record came: {:?} {:?}", reader.errors, direct.errors))?;
    }
    tap.forget();
    seat.ready();
    let mut over = Box::pin(seat.over());
    let windows = loop {
        tokio::select! {
            windows = &mut over => break windows?,
            () = reader.next() => {}
            () = direct.next() => {}
        }
    };
    let requests = tap.requests();
    let mut gave_up = None;
    let judged = windows.iter().map(|window| {
        gave_up = gave_up.or(gives_up(stage.client, window.what));
        judge(window, &requests, (&reader, &direct), gave_up)
    });
    Ok(judged.collect())
}

/// A program at work.
struct Reader {
    running: Running,
    arrivals: Vec<Instant>,
    errors: Vec<String>,
    ended: bool,
}

impl Reader {
    fn start(stage: &Stage<'_>) -> anyhow::Result<Reader> {
        let job = Job::consume(topic(stage.client).name(stage.side), usize::MAX >> 1)
            .with("commit", "each")
            .timeout(PROGRAM_LIMIT);
        let job = stage.in_group(job, "c6");
        let options = stage.world.options(stage.side)?;
        let bootstrap = stage.world.bootstrap(stage.side)?;
        let running = Running::start(stage.program, &bootstrap, &options, &job)?;
        Ok(Reader { running, arrivals: Vec::new(), errors: Vec::new(), ended: false })
    }

    /// Notes what it tells next; of a program that has ended, nothing ever comes.
    async fn next(&mut self) {
        if self.ended {
            return std::future::pending().await;
        }
        match self.running.next().await {
            Ok(Some(Line::Record(_))) => self.arrivals.push(Instant::now()),
            Ok(Some(Line::Error(error))) => self.errors.push(error),
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => self.ended = true,
        }
    }

    /// How long after a window the next record came.
    fn recovered(&self, window: &Window) -> Option<Duration> {
        self.arrivals.iter().find(|at| **at > window.to).map(|at| *at - window.to)
    }
}

fn judge(
    window: &Window,
    requests: &[Request],
    (reader, direct): (&Reader, &Reader),
    gave_up: Option<&str>,
) -> Case {
    let mut asked = BTreeMap::new();
    for one in requests.iter().filter(|one| one.at > window.from && one.at < window.to) {
        *asked.entry(one.api).or_insert(0) += 1;
    }
    let seconds = (window.to - window.from).as_secs_f64();
    let questions = asked.iter().filter(|(api, _)| !OPENING.contains(api));
    let rate = f64::from(questions.map(|(_, count)| count).sum::<u32>()) / seconds;
    let opened = f64::from(*asked.get(&OPENING[0]).unwrap_or(&0)) / seconds;
    let calm = rate <= REQUESTS_PER_SECOND_MAX && opened <= CONNECTIONS_PER_SECOND_MAX;
    let next = reader.recovered(window);
    let beside = direct.recovered(window);
    let wrong = match next {
        _ if !calm => Some(format!("{rate:.1} requests/s, {opened:.1} connections/s")),
        Some(after) if after <= RECOVERED_WITHIN => None,
        Some(after) => Some(format!("a record came {after:?} after, direct {beside:?}")),
        None => Some(format!("no record came after, direct {beside:?}")),
    };
    let told = reader.errors.last();
    let wrong = wrong.map(|wrong| format!("{wrong}; requests by API {asked:?}; last {told:?}"));
    let mut case = Case::plain(window.what, &Outcome::default(), wrong);
    let recovers = |after: Option<Duration>| after.is_some_and(|after| after <= RECOVERED_WITHIN);
    if calm && !recovers(next) {
        let why = match gave_up {
            Some(why) => Some(why.to_owned()),
            // Nothing is taken away of the direct one in the first window.
            None if window.what == DENIED || recovers(beside) => None,
            None => Some(format!("direct it takes {beside:?} to go on")),
        };
        if let Some(why) = why {
            case.verdict = Verdict::Unsupported(why);
        }
    }
    case
}

/// Writes records to the clients' topics.
fn write(world: &World, clients: &[Client], count: usize) -> anyhow::Result<()> {
    let producer = Producer::new(&world.cluster.bootstrap(), Codec::None)?;
    let records: Vec<Record> = (0..count).map(|n| Record::value(format!("{n}"))).collect();
    topics(clients).iter().try_for_each(|topic| producer.send(&topic.real, &records))
}

/// What happens meanwhile.
pub(in super::super) async fn act(
    world: &World,
    clients: &[Client],
) -> anyhow::Result<Vec<Window>> {
    let mut windows = Vec::new();
    windows.push(window(DENIED, denied(world, clients)).await?);
    write(world, clients, 1)?;
    tokio::time::sleep(PAUSE).await;
    windows.push(window(AWAY, away(world)).await?);
    write(world, clients, 1)?;
    tokio::time::sleep(PAUSE).await;
    windows.push(window(DELETED, deleted(world, clients)).await?);
    write(world, clients, 1)?;
    tokio::time::sleep(PAUSE).await;
    Ok(windows)
}

async fn denied(world: &World, clients: &[Client]) -> anyhow::Result<()> {
    let gateway = &world.front()?.gateway;
    let names: Vec<String> =
        topics(clients).iter().map(|topic| format!("{APPLICATION}-{}", topic.address)).collect();
    for name in &names {
        gateway.suspend(name).await?;
    }
    tokio::time::sleep(PARKED).await;
    for name in &names {
        gateway.resume(name).await?;
    }
    Ok(())
}

async fn away(world: &World) -> anyhow::Result<()> {
    for id in world.cluster.node_ids() {
        world.cluster.stop(id).await?;
    }
    tokio::time::sleep(PARKED).await;
    for id in world.cluster.node_ids() {
        world.cluster.start(id).await?;
    }
    Ok(())
}

async fn deleted(world: &World, clients: &[Client]) -> anyhow::Result<()> {
    for topic in topics(clients) {
        world.cluster.delete_topic(&topic.real).await?;
    }
    tokio::time::sleep(PARKED).await;
    for topic in topics(clients) {
        world.cluster.create_topic(&topic.real, topic.partitions).await?;
    }
    Ok(())
}
