//! Fetches everything followed that one broker leads: one connection, one Fetch at a time, each
//! with all partitions, their order rotated so that none starves (KIP-74).

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout_at},
};

use super::partition::{Followed, Position};
use crate::upstream::{
    Interruption, Isolation,
    backoff::{BACKOFF_MAX, Backoff},
    codes,
    connection::Connection,
    core::Core,
    failure::Failure,
    fetch::{self, Ask, Terms},
    lookup,
};
use crate::wire::fetch_answer::{FLEXIBLE_SINCE, FetchAnswer, PartitionAnswer, TopicRef};

/// How long a broker may hold an answer when there is nothing new. Also how long a newly followed
/// partition may have to wait for the Fetch before it.
const WAIT: Duration = Duration::from_millis(250);
/// Bytes asked for in all.
const ANSWER_BYTES_MAX: i32 = 8 * 1024 * 1024;
/// Bytes asked for per partition.
const PARTITION_BYTES_MAX: i32 = 1024 * 1024;
/// Longest time that a broker's throttling is waited out at once.
const THROTTLE_MAX: Duration = Duration::from_secs(1);
/// What is followed serves both kinds of readers: the tail finds out what was committed.
const ISOLATION: Isolation = Isolation::Uncommitted;
/// How long to sleep when nothing is due and nothing is known to become due.
const IDLE: Duration = Duration::from_secs(60);

/// Runs until its task is aborted.
pub(super) async fn run(core: Arc<Core>, broker: i32, wake: Arc<Notify>) {
    let mut fetching = BrokerLoop {
        core,
        broker,
        connection: None,
        connected_before: false,
        backoff: Backoff::default(),
        rotation: 0,
        early_count: 0,
    };
    loop {
        let due = fetching.due();
        match due {
            Due::Now(items) => fetching.round(items).await,
            Due::At(at) => {
                let _ = timeout_at(at, wake.notified()).await;
            }
        }
    }
}

struct BrokerLoop {
    core: Arc<Core>,
    broker: i32,
    connection: Option<Connection>,
    connected_before: bool,
    backoff: Backoff,
    rotation: usize,
    /// Answers without records in a row that came much earlier than they may.
    early_count: u32,
}

enum Due {
    Now(Vec<Item>),
    At(Instant),
}

/// A partition in one request.
struct Item {
    followed: Arc<Followed>,
    position: Position,
}

impl Item {
    fn ask(&self) -> Ask<'_> {
        Ask {
            topic: &self.followed.topic,
            topic_id: self.position.topic_id,
            partition: self.followed.partition,
            offset: self.position.offset,
            leader_epoch: self.position.leader_epoch,
            last_fetched_epoch: self.position.last_epoch,
        }
    }
}

impl BrokerLoop {
    /// What can be fetched now, or when something can.
    fn due(&mut self) -> Due {
        let now = Instant::now();
        let mut next = now + IDLE;
        let mut all = self.core.followed.all();
        all.retain(|followed| followed.leader() == Some(self.broker));
        // Ordered by topic and partition: a second follower of the same partition has to wait for
        // a round in which the rotation puts it first.
        if !all.is_empty() {
            self.rotation = (self.rotation + 1) % all.len();
            all.rotate_left(self.rotation);
        }
        let mut items: Vec<Item> = Vec::with_capacity(all.len());
        let mut taken = HashSet::new();
        for followed in all {
            let at = followed.not_before();
            if at > now {
                next = next.min(at);
                continue;
            }
            if !taken.insert((followed.topic.clone(), followed.partition)) {
                continue;
            }
            let position = followed.position();
            items.push(Item { followed, position });
        }
        match items.is_empty() {
            true => Due::At(next),
            false => Due::Now(items),
        }
    }

    async fn round(&mut self, mut items: Vec<Item>) {
        let Some(mut connection) = self.connected(&items).await else {
            return;
        };
        let started = Instant::now();
        let result = match self.compare_epochs(&mut connection, &mut items).await {
            Ok(()) => self.fetch(&mut connection, &items).await,
            Err(failure) => Err(failure),
        };
        match result {
            Ok(answer) => {
                self.backoff.reset();
                let throttle = u64::try_from(answer.throttle_ms).unwrap_or(0);
                let idle = self.take(&mut connection, &items, answer).await;
                self.connection = Some(connection).filter(Connection::is_usable);
                self.pace(idle, started).await;
                sleep(Duration::from_millis(throttle).min(THROTTLE_MAX)).await;
            }
            Err(failure) => self.failed(&items, failure.at(&connection.address)).await,
        }
    }

    /// The connection from the last round, or a new one.
    async fn connected(&mut self, items: &[Item]) -> Option<Connection> {
        let result = match self.connection.take() {
            Some(mut connection) => {
                let renewed = self.core.brokers.dialer.renew(&mut connection).await;
                renewed.map(|()| connection)
            }
            None => self.dial().await,
        };
        match result {
            Ok(connection) => Some(connection),
            Err(failure) => {
                self.failed(items, failure).await;
                None
            }
        }
    }

    async fn dial(&mut self) -> Result<Connection, Failure> {
        let broker = self.core.brokers.broker(self.broker);
        let broker = broker.ok_or_else(|| Failure::unreachable("the leader is not listed"))?;
        let connection = self.core.brokers.dial(&broker).await?;
        if std::mem::replace(&mut self.connected_before, true) {
            self.core.metrics.upstream_reconnects.inc();
        }
        Ok(connection)
    }

    /// The connection is of no use: what it carried is in trouble, leaders may have moved.
    async fn failed(&mut self, items: &[Item], failure: Failure) {
        self.connection = None;
        for item in items {
            item.followed.trouble(&failure.reason);
        }
        self.core.followed.ask_refresh();
        sleep(self.backoff.next()).await;
    }

    async fn fetch(
        &mut self,
        connection: &mut Connection,
        items: &[Item],
    ) -> Result<FetchAnswer, Failure> {
        let asks: Vec<Ask<'_>> = items.iter().map(Item::ask).collect();
        let terms = Terms {
            wait_ms: WAIT.as_millis() as i32,
            bytes_max: ANSWER_BYTES_MAX,
            partition_bytes_max: PARTITION_BYTES_MAX,
            isolation: ISOLATION,
        };
        let version = fetch::version(connection, &asks)?;
        let request = fetch::request(&asks, &terms, version);
        let answer = connection.fetch(&request, version, WAIT).await?;
        match answer.error {
            0 => Ok(answer),
            code => {
                fetch::count_error(&self.core.metrics, codes::name(code));
                Err(Failure::protocol(format!("Fetch: {}", codes::name(code))))
            }
        }
    }

    /// Where the leader epoch changed and Fetch itself does not compare logs (before version 12, or
    /// because nothing has been fetched yet), asks where the last epoch ends. Items found truncated
    /// leave the round.
    async fn compare_epochs(
        &mut self,
        connection: &mut Connection,
        items: &mut Vec<Item>,
    ) -> Result<(), Failure> {
        let highest = connection.version(1, (4, FLEXIBLE_SINCE));
        let fetch_compares = highest == Some(FLEXIBLE_SINCE);
        let mut index = 0;
        while let Some(item) = items.get(index) {
            index += 1;
            let position = &item.position;
            if !position.epoch_changed {
                continue;
            }
            item.followed.epoch_checked();
            // Of what was not fetched, but may have been read from history, only so much is known.
            let last_epoch = match position.last_epoch {
                -1 => position.epoch_before,
                fetched => fetched,
            };
            if last_epoch < 0 || (fetch_compares && position.last_epoch >= 0) {
                continue;
            }
            let followed = &item.followed;
            let epochs = (position.leader_epoch, last_epoch);
            let end = lookup::epoch_end(connection, &followed.topic, followed.partition, epochs);
            if let Some((epoch, end)) = end.await?
                && (end < position.offset || epoch < position.last_epoch)
            {
                let end = followed.parted(epoch, end);
                if end < position.offset && self.is_same_topic(followed).await {
                    followed.follower.interrupted(Interruption::Truncated { end });
                    index -= 1;
                    items.remove(index);
                }
            }
        }
        Ok(())
    }

    /// Hands an answer's parts out. Returns whether it held no records and no news at all.
    async fn take(
        &mut self,
        connection: &mut Connection,
        items: &[Item],
        answer: FetchAnswer,
    ) -> bool {
        let mut idle = true;
        let places: HashMap<_, _> = items
            .iter()
            .map(|item| ((item.followed.partition, &item.followed.topic), item))
            .collect();
        let by_id: HashMap<_, _> =
            items.iter().map(|item| (item.position.topic_id, &item.followed.topic)).collect();
        for part in answer.partitions {
            let item = match &part.topic {
                TopicRef::Name(name) => places.get(&(part.partition, name)),
                TopicRef::Id(id) => {
                    let topic = by_id.get(id);
                    topic.and_then(|topic| places.get(&(part.partition, *topic)))
                }
            };
            let Some(item) = item else { continue };
            // The follower may have turned elsewhere while the request was parked.
            if item.followed.follower.next_offset() != item.position.offset {
                idle = false;
                continue;
            }
            idle &= part.records.is_empty();
            match part.error {
                0 if part.diverging.is_some() => self.diverged(item, &part).await,
                0 => self.take_records(item, part),
                codes::OFFSET_OUT_OF_RANGE => self.out_of_range(connection, item).await,
                code => self.refused(item, code),
            }
        }
        idle
    }

    fn take_records(&self, item: &Item, part: PartitionAnswer) {
        let followed = &item.followed;
        let had_bytes = !part.records.is_empty();
        let asked = item.position.offset;
        let how = ("live", ISOLATION);
        let (fetched, classified) = fetch::fetched(part, asked, how, &self.core.metrics);
        if fetched.batches.is_empty() && had_bytes {
            return self.unreadable(item, classified.stopped.map(|error| error.to_string()));
        }
        followed.fetched(&fetched.batches);
        let progress = had_bytes;
        followed.follower.append(fetched);
        if progress && followed.follower.next_offset() == asked {
            followed.pause();
        }
    }

    /// The leader's log parts from what was fetched.
    async fn diverged(&self, item: &Item, part: &PartitionAnswer) {
        let followed = &item.followed;
        followed.pause();
        if let (true, Some(parted)) = (self.is_same_topic(followed).await, part.diverging) {
            let end = followed.parted(parted.epoch, parted.end_offset);
            followed.follower.interrupted(Interruption::Truncated { end });
        }
    }

    /// A topic that was created anew can look like a truncated one: only its id tells.
    async fn is_same_topic(&self, followed: &Followed) -> bool {
        let names = [followed.topic.to_string()];
        match self.core.topology.refresh(&names).await {
            Ok(()) => {
                let known = self.core.topology.remembered(&followed.topic);
                known.is_some_and(|known| followed.place(&known)) && !followed.has_ended()
            }
            Err(failure) => {
                followed.trouble(&failure.reason);
                false
            }
        }
    }

    /// Bytes came, but no batch that can be handed on or gone past.
    fn unreadable(&self, item: &Item, why: Option<String>) {
        fetch::count_error(&self.core.metrics, "UNREADABLE_BATCH");
        let why = why.unwrap_or_else(|| "the answer holds no whole batch".to_owned());
        let (topic, partition) = (&item.followed.topic, item.followed.partition);
        let offset = item.position.offset;
        item.followed
            .trouble(&format!("partition {partition} of topic {topic}, offset {offset}: {why}"));
    }

    fn refused(&self, item: &Item, code: i16) {
        let name = codes::name(code);
        fetch::count_error(&self.core.metrics, name);
        let (topic, partition) = (&item.followed.topic, item.followed.partition);
        item.followed.trouble(&format!("partition {partition} of topic {topic}: {name}"));
        if codes::is_about_leadership(code) || code == codes::TOPIC_AUTHORIZATION_FAILED {
            self.core.followed.ask_refresh();
        }
    }

    /// The offset is not in the log, or the last epoch is not known there any more: looks which.
    async fn out_of_range(&self, connection: &mut Connection, item: &Item) {
        let followed = &item.followed;
        fetch::count_error(&self.core.metrics, codes::name(codes::OFFSET_OUT_OF_RANGE));
        followed.pause();
        if !self.is_same_topic(followed).await {
            return;
        }
        let span = lookup::log_span(connection, &followed.topic, followed.partition).await;
        match span {
            Ok((log_start, end)) => {
                let offset = item.position.offset;
                if (log_start..=end).contains(&offset) {
                    followed.forget_last_epoch();
                } else {
                    followed.out_of_range(log_start, end);
                }
            }
            Err(failure) => {
                followed.trouble(&failure.reason);
                self.core.followed.ask_refresh();
            }
        }
    }

    /// A broker that answers at once with nothing must not be asked in a tight loop.
    async fn pace(&mut self, idle: bool, started: Instant) {
        let early = idle && started.elapsed() < WAIT / 2;
        self.early_count = match early {
            true => self.early_count.saturating_add(1),
            false => 0,
        };
        // One such answer is normal: watermarks and errors are reported at once.
        if self.early_count > 1 {
            sleep(WAIT.saturating_sub(started.elapsed()).min(BACKOFF_MAX)).await;
        }
    }
}
