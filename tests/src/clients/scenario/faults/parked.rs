//! C6: ten seconds of errors, from real causes: an endpoint is taken away and given back, the
//! broker is away, the topic is deleted and made anew. Clients ask a few times a second at most,
//! and read again soon after. Only through the gateway.

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
/// Requests in a second, at most.
const REQUESTS_PER_SECOND_MAX: f64 = 5.0;
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
        (Client::Rskafka, DENIED | DELETED) => Some("its stream ends with an error"),
        _ => None,
    }
}

pub(in super::super) async fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
    let seat = stage.seat.context("there is no event")?;
    let tap = stage.world.front()?.tap.of(stage.client);
    write(stage.world, &[stage.client], 2)?;
    let job = Job::consume(topic(stage.client).name(Side::Gateway), usize::MAX >> 1)
        .with("commit", "each")
        .timeout(PROGRAM_LIMIT);
    let job = stage.in_group(job, "c6");
    let options = stage.world.options(stage.side)?;
    let bootstrap = stage.world.bootstrap(stage.side)?;
    let mut reader = Running::start(stage.program, &bootstrap, &options, &job)?;
    let mut arrivals = Vec::new();
    let begin = Instant::now();
    while arrivals.len() < 2 {
        let left = FIRST_WITHIN.saturating_sub(begin.elapsed());
        let line = tokio::time::timeout(left, reader.next()).await.context("no record came")??;
        note(line.context("it ended before it read")?, &mut arrivals);
    }
    tap.forget();
    seat.ready();
    let mut over = Box::pin(seat.over());
    let mut ended = false;
    let windows = loop {
        tokio::select! {
            windows = &mut over => break windows?,
            line = reader.next(), if !ended => match line {
                Ok(Some(line)) => note(line, &mut arrivals),
                Ok(None) | Err(_) => ended = true,
            },
        }
    };
    let requests = tap.requests();
    let judged = windows.iter().map(|window| judge(stage.client, window, &requests, &arrivals));
    Ok(judged.collect())
}

fn note(line: Line, arrivals: &mut Vec<Instant>) {
    if matches!(line, Line::Record(_)) {
        arrivals.push(Instant::now());
    }
}

fn judge(client: Client, window: &Window, requests: &[Request], arrivals: &[Instant]) -> Case {
    let asked = requests.iter().filter(|one| one.at > window.from && one.at < window.to).count();
    let rate = asked as f64 / (window.to - window.from).as_secs_f64();
    let next = arrivals.iter().find(|at| **at > window.to).map(|at| *at - window.to);
    let recovered = next.is_some_and(|after| after <= RECOVERED_WITHIN);
    let gave_up = gives_up(client, window.what);
    let wrong = match (rate <= REQUESTS_PER_SECOND_MAX, recovered, next) {
        (false, ..) => Some(format!("{rate:.1} requests/s")),
        (true, true, _) => None,
        (true, false, Some(after)) => Some(format!("a record came {after:?} after")),
        (true, false, None) => Some("no record came after".to_owned()),
    };
    let mut case = Case::plain(window.what, &Outcome::default(), wrong);
    if let (Some(why), true, false) = (gave_up, rate <= REQUESTS_PER_SECOND_MAX, recovered) {
        case.verdict = Verdict::Unsupported(why.to_owned());
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
