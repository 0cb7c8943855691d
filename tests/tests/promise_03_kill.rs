//! Promise 3: the gateway is killed in mid-stream, again and again, while events are produced. A
//! client that resumes with its last id loses nothing, sees each partition in order, and sees again
//! exactly what came after that id, which is at most one chunk.

use std::time::Duration;

use rand::RngExt;
use tests::documents::Documents;
use tests::gateway::{Gateway, Options};
use tests::kafka::KafkaCluster;
use tests::load::{Beat, Pulse, size};
use tests::sse::{Event, Outcome, Stream};
use tests::{eventually, run, say};

/// A chunk between two ids, as documented; one event that is larger comes whole.
const CHUNK_BYTES_MAX: u64 = 256 * 1024;
/// Bytes of an event.
const EVENT_BYTES: usize = 1_000;
/// What an envelope and the framing of an event may take in addition.
const ENVELOPE_BYTES_MAX: u64 = 200;
/// A small receive buffer: what is on its way is mostly with the gateway.
const RECEIVE_BUFFER: u32 = 16 * 1024;
/// A cursor, as documented.
const CURSOR_BYTES_MAX: usize = 8 * 1024;
/// How long the next event may take, over a start.
const EVENT_LIMIT: Duration = Duration::from_secs(30);
/// How long it may take until the stream is open again: a thousand partitions, on a machine with
/// other work.
const OPEN_LIMIT: Duration = Duration::from_secs(90);
/// When the gateway is killed after the first event, in milliseconds.
const ALIVE_MS: std::ops::Range<u64> = 0..400;

#[test]
fn nothing_is_lost_over_kills_with_one_partition() {
    let kills = size("SLUICEGATE_KILLS", 20);
    run(120 + kills * 6, kill_often("killed-1", 1, kills));
}

#[test]
fn nothing_is_lost_over_kills_with_a_thousand_partitions() {
    let kills = size("SLUICEGATE_KILLS", 20).div_ceil(4);
    run(180 + kills * 10, kill_often("killed-1000", 1_000, kills));
}

async fn kill_often(topic: &'static str, partitions: i32, kills: u64) -> anyhow::Result<()> {
    let kafka = KafkaCluster::single().await?;
    kafka.create_topic(topic, partitions).await?;
    let gateway =
        Gateway::start_with(Options { level: "info".to_owned(), ..Options::default() }).await?;
    let documents = Documents::new()
        .cluster("real", &kafka.bootstrap())
        .endpoint("real", topic)
        .policy("mask", "[{mask: {path: \"$.email\"}}]")
        .plan("masked", topic, &["mask"])
        .subscriber("reader", topic, "masked");
    let applied = gateway.apply(documents.yaml()).await?;
    let secret = applied.secret("reader")?.secret.clone();
    let beat = Beat {
        topic: topic.to_owned(),
        partitions,
        every: Duration::from_micros(500),
        bytes: EVENT_BYTES,
    };
    let pulse = Pulse::start(&kafka.bootstrap(), beat)?;
    let mut client = Client::new(topic, secret, usize::try_from(partitions)?);
    for kill in 0..kills {
        let mut stream = client.open(&gateway).await?;
        client.read_a_while(&mut stream, kill % 2 == 1).await?;
        gateway.sigkill();
        client.read_the_rest(&mut stream).await?;
        gateway.run().await?;
    }
    let produced = pulse.stop()?;
    let mut stream = client.open(&gateway).await?;
    while client.seen() < produced {
        client.take(&stream.next(EVENT_LIMIT).await?.expect("no end"))?;
    }
    stream.silent(Duration::from_millis(700)).await?;
    say(&format!("{partitions} partitions, {produced} events: {:?}", client.facts));
    assert_eq!(client.seen(), produced, "more than was produced");
    assert!(client.facts.repeated > 0 || kills < 10, "no kill hit a chunk");
    Ok(())
}

/// What the kills came to.
#[derive(Debug, Default)]
struct Facts {
    kills: u64,
    repeated: u64,
    repeated_max: u64,
    chunk_bytes_max: u64,
    cursor_bytes_max: usize,
}

/// A client that keeps the last id and checks every event against what it has.
struct Client {
    topic: &'static str,
    secret: String,
    id: Option<String>,
    /// The next offset of each partition that was not seen yet, ever.
    unseen: Vec<i64>,
    /// The next offset of each partition that must come on this connection.
    due: Vec<i64>,
    /// [`Self::due`] as it was at each id: (ids, due) of the last one.
    at_id: (u64, Vec<i64>),
    facts: Facts,
}

impl Client {
    fn new(topic: &'static str, secret: String, partitions: usize) -> Client {
        Client {
            topic,
            secret,
            id: None,
            unseen: vec![0; partitions],
            due: vec![0; partitions],
            at_id: (0, vec![0; partitions]),
            facts: Facts::default(),
        }
    }

    /// Resumes with the last id; a gateway that has just started may ask for a little patience.
    async fn open(&mut self, gateway: &Gateway) -> anyhow::Result<Stream> {
        let mut request = gateway
            .events(self.topic)
            .bearer(&self.secret)
            .from("earliest")
            .receive_buffer(RECEIVE_BUFFER);
        if let Some(id) = &self.id {
            self.facts.cursor_bytes_max = self.facts.cursor_bytes_max.max(id.len());
            request = request.last_event_id(id);
        }
        self.at_id = (0, self.due.clone());
        eventually(OPEN_LIMIT, "the stream is open", || async {
            match request.attempt().await.ok()? {
                Outcome::Stream(stream) => Some(Ok(*stream)),
                Outcome::Refused(answer) if answer.status() == 503 => None,
                Outcome::Refused(answer) => Some(Err(anyhow::anyhow!(answer.text()))),
            }
        })
        .await?
    }

    /// Reads and, when it `stalls`, stops reading: then the gateway dies in the middle of a chunk.
    async fn read_a_while(&mut self, stream: &mut Stream, stalls: bool) -> anyhow::Result<()> {
        let first = stream.next(EVENT_LIMIT).await?;
        self.take(&first.expect("events are produced all the time"))?;
        let alive = Duration::from_millis(rand::rng().random_range(ALIVE_MS));
        if stalls {
            tokio::time::sleep(alive).await;
            return Ok(());
        }
        let end = tokio::time::Instant::now() + alive;
        while let Ok(event) = tokio::time::timeout_at(end, stream.next(EVENT_LIMIT)).await {
            self.take(&event?.expect("the gateway ends no stream"))?;
        }
        Ok(())
    }

    /// What was on its way when the gateway died; then back to the last id.
    async fn read_the_rest(&mut self, stream: &mut Stream) -> anyhow::Result<()> {
        for event in stream.until_closed(EVENT_LIMIT).await? {
            self.take(&event)?;
        }
        let parser = stream.parser();
        if parser.ids > self.at_id.0 {
            self.at_id = (parser.ids, self.due.clone());
        }
        let (_, resumed) = &self.at_id;
        let ahead = self.due.iter().zip(resumed).map(|(due, at)| due - at);
        let repeated = u64::try_from(ahead.sum::<i64>())?;
        let chunk = parser.chunk_bytes_max;
        let bound = CHUNK_BYTES_MAX + EVENT_BYTES as u64 + ENVELOPE_BYTES_MAX;
        assert!(chunk <= bound, "a chunk of {chunk} bytes");
        let open = *parser.chunks.last().expect("there is always one") as u64;
        assert_eq!(repeated, open, "what comes again is what came after the last id");
        assert!(parser.last_event_id.len() <= CURSOR_BYTES_MAX);
        let facts = &mut self.facts;
        facts.kills += 1;
        facts.repeated += repeated;
        facts.repeated_max = facts.repeated_max.max(repeated);
        facts.chunk_bytes_max = facts.chunk_bytes_max.max(chunk);
        self.due.clone_from(resumed);
        self.id = Some(parser.last_event_id.clone());
        Ok(())
    }

    /// Takes an event, which must be the next of its partition.
    fn take(&mut self, event: &Event) -> anyhow::Result<()> {
        anyhow::ensure!(event.is_record(), "the stream says {event:?}");
        if event.ids > self.at_id.0 {
            self.at_id = (event.ids, self.due.clone());
        }
        let (partition, offset) = event.record()?.position();
        let index = usize::try_from(partition)?;
        let due = self.due.get_mut(index).expect("a partition of the topic");
        anyhow::ensure!(offset == *due, "{partition}:{offset} came, {due} is due");
        *due += 1;
        let unseen = self.unseen.get_mut(index).expect("as many");
        *unseen = (*unseen).max(*due);
        Ok(())
    }

    /// Different events seen.
    fn seen(&self) -> u64 {
        self.unseen.iter().sum::<i64>().try_into().unwrap_or(0)
    }
}
