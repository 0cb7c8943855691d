//! C15: others send what no client sends, before and after a login, while the client reads what is
//! written meanwhile: it gets every record, on the connections that it has, and the process lives.
//! Only through the gateway.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpStream;

use super::{Case, Stage};
use crate::clients::program::{Job, Line, Outcome, Running};
use crate::clients::world::Topic;
use crate::clients::{Client, Side};
use crate::documents::Documents;
use crate::hostile::{Hostile, frames};
use crate::kafka::wire::log_in;
use crate::produce::{Codec, Producer, Record};

/// Records that the client reads while others are hostile; one in [`PAUSE`].
const RECORDS: usize = 60;
/// Between two records.
const PAUSE: Duration = Duration::from_millis(100);
/// Those that are hostile at once.
const ATTACKERS: usize = 3;
/// How long the client may take to get its first record.
const FIRST_WITHIN: Duration = Duration::from_secs(25);

fn topic(client: Client) -> Topic {
    Topic::new(&format!("c15-{}", client.name()), 1)
}

pub(super) fn topics(clients: &[Client]) -> Vec<Topic> {
    clients.iter().copied().map(topic).collect()
}

pub(super) fn documents(clients: &[Client], documents: Documents) -> Documents {
    topics(clients).iter().fold(documents, |documents, topic| topic.publish(documents, &[]))
}

pub(super) async fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
    let (front, topic) = (stage.world.front()?, topic(stage.client));
    let bootstrap = stage.world.cluster.bootstrap();
    Producer::new(&bootstrap, Codec::None)?.send(&topic.real, &[record(0)])?;
    let job = Job::consume(topic.name(Side::Gateway), RECORDS).timeout(Duration::from_secs(60));
    let job = stage.in_group(job, "c15");
    let options = stage.world.options(stage.side)?;
    let address = stage.world.bootstrap(stage.side)?;
    let mut running = Running::start(stage.program, &address, &options, &job)?;
    let mut outcome = Outcome::default();
    if !first(&mut running, &mut outcome).await? {
        return Ok(vec![Case::plain("hostile others", &outcome, None)]);
    }
    let attack = Arc::new(Attack {
        // The door itself: the tap watches the client.
        door: front.kafka.clone(),
        login: (front.user.clone(), front.password.clone()),
        frames: frames(&topic.address),
        over: AtomicBool::new(false),
        sent: AtomicUsize::new(0),
    });
    let attackers: Vec<_> =
        (0..ATTACKERS).map(|number| tokio::spawn(Arc::clone(&attack).run(number))).collect();
    let (finished, written) = tokio::join!(running.finish(outcome), write(&bootstrap, &topic.real));
    attack.over.store(true, Ordering::Release);
    written?;
    for attacker in attackers {
        attacker.await?.context("who was hostile met another fate")?;
    }
    let outcome = finished?;
    let sent = attack.sent.load(Ordering::Relaxed);
    let wrong = match (front.gateway.is_running(), sent) {
        (false, _) => Some("the gateway is gone".to_owned()),
        (true, 0..=50) => Some(format!("only {sent} hostile frames were sent")),
        (true, _) => missing(&outcome),
    };
    Ok(vec![Case::plain("hostile others", &outcome, wrong)])
}

fn record(n: usize) -> Record {
    Record::value(n.to_string())
}

/// Writes all but the first record, one after the other.
async fn write(bootstrap: &str, topic: &str) -> anyhow::Result<()> {
    let producer = Producer::new(bootstrap, Codec::None)?;
    for n in 1..RECORDS {
        tokio::time::sleep(PAUSE).await;
        producer.send(topic, &[record(n)])?;
    }
    Ok(())
}

/// Waits for the first record; `false`: the client has no such feature.
async fn first(running: &mut Running, outcome: &mut Outcome) -> anyhow::Result<bool> {
    let wait = async {
        while outcome.records.is_empty() {
            let line = running.next().await?.context("it ended before it read")?;
            let unsupported = matches!(line, Line::Unsupported(_));
            outcome.take(line);
            if unsupported {
                return Ok(false);
            }
        }
        Ok(true)
    };
    tokio::time::timeout(FIRST_WITHIN, wait).await.context("no record came")?
}

fn missing(outcome: &Outcome) -> Option<String> {
    let mut offsets: Vec<i64> = outcome.records.iter().map(|record| record.offset).collect();
    offsets.sort_unstable();
    offsets.dedup();
    match (offsets.len(), outcome.records.len()) {
        (RECORDS, RECORDS) => None,
        (different, all) => Some(format!("{all} records, {different} different, of {RECORDS}")),
    }
}

/// What others do.
struct Attack {
    door: String,
    login: (String, String),
    frames: Vec<Hostile>,
    over: AtomicBool,
    sent: AtomicUsize,
}

impl Attack {
    /// Sends one frame after the other, each on a connection of its own, until it is over.
    async fn run(self: Arc<Self>, number: usize) -> anyhow::Result<()> {
        let turns = self.frames.iter().cycle().skip(number * self.frames.len() / ATTACKERS);
        for frame in turns {
            for logged_in in [false, true] {
                if self.over.load(Ordering::Acquire) {
                    return Ok(());
                }
                if frame.is_sent(logged_in) {
                    self.send(frame, logged_in).await?;
                    self.sent.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        Ok(())
    }

    async fn send(&self, frame: &Hostile, logged_in: bool) -> anyhow::Result<()> {
        let mut socket = TcpStream::connect(&self.door).await?;
        if logged_in {
            let (user, password) = &self.login;
            anyhow::ensure!(log_in(&mut socket, user, password).await?, "the login is refused");
        }
        frame.try_on(&mut socket).await
    }
}
