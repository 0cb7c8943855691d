//! Promise 4: a subscriber that does not read delays nobody, is bounded in memory, and loses
//! nothing when it reads on, however far it has fallen behind the tail.

use std::time::Duration;

use tests::crowd::Crowd;
use tests::documents::Documents;
use tests::gateway::{Gateway, Options};
use tests::kafka::KafkaCluster;
use tests::load::{Beat, Delays, Pulse, event};
use tests::produce::{Codec, fill};
use tests::sse::Stream;
use tests::{run, say};

/// The others.
const OTHERS: usize = 50;
/// How long delays are measured, in each of the two situations.
const MEASURED: Duration = Duration::from_secs(5);
/// Pairs of measurements: the best counts, because the machine has other things to do.
const PAIRS_MAX: usize = 6;
/// Others' p99 beside a stalled subscriber ÷ without one, in percent.
const SLOWER_PERCENT_MAX: u128 = 120;
/// The tails' memory, in bytes.
const TAIL_BYTES: u64 = 24 * 1024 * 1024;
/// What is produced while the subscriber stalls and nobody else reads.
const BACKLOG_BYTES: u64 = 128 * 1024 * 1024;
/// What the process may grow by: the tails, answers on their way, and what the allocator keeps;
/// about half of the backlog.
const GROWTH_BYTES_MAX: u64 = 3 * TAIL_BYTES;
/// Bytes of an event.
const EVENT_BYTES: usize = 2_000;
/// How long one subscriber may take for the backlog.
const READ_LIMIT: Duration = Duration::from_secs(150);
/// A topic of one partition.
const TOPIC: &str = "stalled";

#[test]
fn a_stalled_subscriber_delays_nobody_and_loses_nothing() {
    run(400, async {
        let kafka = KafkaCluster::shared().await?;
        kafka.create_topic(TOPIC, 1).await?;
        let case = Case::start(kafka).await?;
        // Buffers and threads are there before anything is measured.
        case.measure().await?;
        let (mut stalled, from) = case.compare().await?;
        let before = case.gateway.resident_bytes()?;
        let bootstrap = kafka.bootstrap();
        let codec = Codec::None;
        let produced = tokio::task::block_in_place(|| {
            fill(&bootstrap, codec, (TOPIC, 1), BACKLOG_BYTES, |n| event(n, EVENT_BYTES))
        })?;
        case.grown("while it stalls", before)?;
        let until = case.produced.load() + produced;
        for offset in from..until {
            let event = stalled.next(READ_LIMIT).await?.expect("no end");
            assert_eq!(event.record()?.position(), (0, i64::try_from(offset)?));
        }
        stalled.silent(Duration::from_millis(500)).await?;
        case.grown("when it has read", before)?;
        Ok(())
    });
}

/// A gateway with a small tail, and what was produced.
struct Case {
    gateway: Gateway,
    bootstrap: String,
    secret: String,
    produced: Count,
}

/// Events in the log.
#[derive(Default)]
struct Count(std::sync::atomic::AtomicU64);

impl Count {
    fn load(&self) -> u64 {
        self.0.load(std::sync::atomic::Ordering::Acquire)
    }

    fn add(&self, count: u64) {
        self.0.fetch_add(count, std::sync::atomic::Ordering::AcqRel);
    }
}

impl Case {
    async fn start(kafka: &KafkaCluster) -> anyhow::Result<Case> {
        let toml = format!("[tail]\nmemory_bytes = {TAIL_BYTES}\npartition_bytes = 1048576\n");
        let gateway =
            Gateway::start_with(Options { toml, level: "info".to_owned(), ..Options::default() })
                .await?;
        let documents = Documents::new()
            .cluster("real", &kafka.bootstrap())
            .endpoint("real", TOPIC)
            .policy("mask", "[{mask: {path: \"$.email\"}}]")
            .plan("masked", TOPIC, &["mask"])
            .subscriber("reader", TOPIC, "masked");
        let applied = gateway.apply(documents.yaml()).await?;
        Ok(Case {
            gateway,
            bootstrap: kafka.bootstrap(),
            secret: applied.secret("reader")?.secret.clone(),
            produced: Count::default(),
        })
    }

    fn request(&self) -> tests::sse::Request {
        let request = self.gateway.events(TOPIC).bearer(&self.secret);
        request.from("latest")
    }

    /// A subscriber that does not read, and the offset of the first event that is its own.
    async fn stall(&self) -> anyhow::Result<(Stream, u64)> {
        let stream = self.request().receive_buffer(16 * 1024).open().await?;
        Ok((stream, self.produced.load()))
    }

    /// The others' p99 over a while of live traffic.
    async fn measure(&self) -> anyhow::Result<Duration> {
        let (delays, request) = (Delays::new(), self.request().bytes());
        let (address, watch) = (self.gateway.address(), Some(delays.watch()));
        let crowd = Crowd::open(&address, OTHERS, |_| request.clone(), watch).await?;
        let beat = Beat {
            topic: TOPIC.to_owned(),
            partitions: 1,
            every: Duration::from_millis(5),
            bytes: EVENT_BYTES,
        };
        let pulse = Pulse::start(&self.bootstrap, beat)?;
        tokio::time::sleep(MEASURED).await;
        let produced = pulse.stop()?;
        self.produced.add(produced);
        crowd.each_saw(produced, READ_LIMIT).await?;
        assert_eq!(crowd.open_count(), OTHERS);
        assert_eq!(crowd.events(), produced * OTHERS as u64);
        let (p99, count) = delays.quantile(0.99);
        let half = delays.quantile(0.5).0;
        say(&format!("p50 {half:?}, p99 {p99:?}"));
        anyhow::ensure!(count == usize::try_from(crowd.events())?, "{count} delays");
        Ok(p99)
    }

    /// Without and with a stalled subscriber, in turns, until it makes no difference; answers the
    /// last one that stalled.
    async fn compare(&self) -> anyhow::Result<(Stream, u64)> {
        let mut pairs = Vec::new();
        while pairs.len() < PAIRS_MAX {
            let without = self.measure().await?;
            let stalled = self.stall().await?;
            let with = self.measure().await?;
            pairs.push((without, with));
            if with.as_micros() * 100 <= without.as_micros() * SLOWER_PERCENT_MAX {
                say(&format!("p99 (without, with): {pairs:?}"));
                return Ok(stalled);
            }
        }
        anyhow::bail!("a stalled subscriber delays others; p99 (without, with): {pairs:?}")
    }

    fn grown(&self, when: &str, before: u64) -> anyhow::Result<()> {
        let now = self.gateway.resident_bytes()?;
        let mib = |bytes: u64| bytes / 1024 / 1024;
        say(&format!("{} MiB → {} MiB {when}", mib(before), mib(now)));
        let grown = now.saturating_sub(before);
        anyhow::ensure!(grown <= GROWTH_BYTES_MAX, "{} MiB more {when}", mib(grown));
        Ok(())
    }
}
