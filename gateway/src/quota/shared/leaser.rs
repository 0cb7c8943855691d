//! Talks to Redis: one connection, leases and connections of many subscriptions in one round trip,
//! and a sign of life by which replicas count each other.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Pipeline, RedisError};
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at, sleep};

use super::{Asked, Lease, Shared};
use crate::quota::connections::{Connections, Told};

/// How long Redis may take to answer or to be connected to: a replica that waits longer takes its
/// share instead.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(500);
/// How often a lost Redis is looked for.
const RETRY: Duration = Duration::from_secs(1);
/// How often a replica says that it is there …
const ALIVE_EVERY: Duration = Duration::from_secs(2);
/// … and how long it is believed without, in milliseconds.
const ALIVE_MS: u64 = 10_000;
/// Leases, or subscriptions' connections, in one round trip.
const AT_ONCE: usize = 256;
/// How often Redis is told of all connections, …
const TELL_ALL_EVERY: Duration = Duration::from_secs(600);
/// … and how long it remembers them without, in milliseconds.
const TOLD_MS: u64 = 3_600_000;
/// Where replicas say that they are there.
const REPLICAS: &str = "sluicegate:replicas";

/// Takes cells out of a bucket that fills by Redis' own clock. Gives what there is, at most what
/// is wanted, and the milliseconds until there is the rest.
const LEASE: &str = "
local burst, fills_ms, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local kept = redis.call('HMGET', KEYS[1], 'cells', 'at')
local cells, at = tonumber(kept[1] or burst), tonumber(kept[2] or now)
cells = math.min(burst, cells + math.max(0, now - at) * burst / fills_ms)
local granted = math.min(wanted, math.floor(cells))
cells = cells - granted
redis.call('HSET', KEYS[1], 'cells', tostring(cells), 'at', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil(fills_ms) + 60000)
local missing = math.max(0, wanted - granted - cells)
return {granted, math.ceil(missing * fills_ms / burst)}
";

/// Notes how many connections a replica has, and grants it places while all replicas that are there
/// have fewer than `most`; how many were granted.
const CONNECTIONS: &str = "
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local replica, open = ARGV[1], tonumber(ARGV[2])
local wanted, most, alive_ms = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local counts, others = redis.call('HGETALL', KEYS[1]), 0
for i = 1, #counts, 2 do
  if counts[i] ~= replica then
    local seen = redis.call('ZSCORE', KEYS[2], counts[i])
    if seen and now - tonumber(seen) <= alive_ms then
      others = others + tonumber(counts[i + 1])
    else
      redis.call('HDEL', KEYS[1], counts[i])
    end
  end
end
local granted = math.max(0, math.min(wanted, most - open - others))
if open + granted > 0 then
  redis.call('HSET', KEYS[1], replica, open + granted)
  redis.call('PEXPIRE', KEYS[1], ARGV[6])
else
  redis.call('HDEL', KEYS[1], replica)
end
return granted
";

/// Notes that a replica is there, forgets those that said nothing for long; how many there are.
const ALIVE: &str = "
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[2]))
return redis.call('ZCARD', KEYS[1])
";

/// Leases for as long as the process runs.
pub(super) async fn run(client: Client, shared: Arc<Shared>, mut asked: Asked) {
    loop {
        let error = match connect(&client).await {
            Ok(mut connection) => match serve(&mut connection, &shared, &mut asked).await {
                Ok(()) => return,
                Err(error) => error,
            },
            Err(error) => error,
        };
        // Of the error's text only the kind: its details may hold the address with its password.
        shared.lost(&format!("{:?}", error.kind()));
        while let Ok(lease) = asked.leases.try_recv() {
            lease.unanswered();
        }
        while let Ok(connections) = asked.connections.try_recv() {
            connections.unanswered();
        }
        sleep(RETRY).await;
    }
}

async fn connect(client: &Client) -> Result<MultiplexedConnection, RedisError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(ANSWER_TIMEOUT))
        .set_response_timeout(Some(ANSWER_TIMEOUT));
    client.get_multiplexed_async_connection_with_config(&config).await
}

/// Leases until Redis does not answer; ends well when nobody asks any more.
async fn serve(
    connection: &mut MultiplexedConnection,
    shared: &Shared,
    asked: &mut Asked,
) -> Result<(), RedisError> {
    let mut signs = interval(ALIVE_EVERY);
    let mut tell_all = interval_at(Instant::now() + TELL_ALL_EVERY, TELL_ALL_EVERY);
    for interval in [&mut signs, &mut tell_all] {
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    }
    // Whose connections count at other replicas is who has given a sign.
    sign(connection, shared).await?;
    let mut leases = Vec::with_capacity(AT_ONCE);
    let mut telling = Vec::with_capacity(AT_ONCE);
    // Places that were granted since the last sign: whoever asked for one may have left.
    let mut granted = Vec::new();
    loop {
        tokio::select! {
            _ = signs.tick() => {
                sign(connection, shared).await?;
                shared.tell_untold();
                for connections in granted.drain(..) {
                    Connections::give_back_spare(&connections);
                }
            }
            _ = tell_all.tick() => shared.tell_all(),
            count = asked.leases.recv_many(&mut leases, AT_ONCE) => {
                if count == 0 {
                    return Ok(());
                }
                let answered = lease(connection, &leases).await;
                if answered.is_err() {
                    leases.iter().for_each(|lease| lease.unanswered());
                }
                answered?;
                shared.count(leases.len());
                leases.clear();
            }
            count = asked.connections.recv_many(&mut telling, AT_ONCE) => {
                if count == 0 {
                    return Ok(());
                }
                let answered = tell(connection, shared, &telling).await;
                if answered.is_err() {
                    telling.iter().for_each(|connections| connections.unanswered());
                }
                answered?;
                granted.extend(telling.drain(..).filter(|connections| connections.has_spare()));
            }
        }
    }
}

/// Says that this replica is there.
async fn sign(connection: &mut MultiplexedConnection, shared: &Shared) -> Result<(), RedisError> {
    let mut alive = redis::cmd("EVAL");
    alive.arg(ALIVE).arg(1).arg(REPLICAS).arg(&shared.replica).arg(ALIVE_MS);
    shared.found(alive.query_async(connection).await?);
    Ok(())
}

async fn tell(
    connection: &mut MultiplexedConnection,
    shared: &Shared,
    telling: &[Arc<Connections>],
) -> Result<(), RedisError> {
    let told: Vec<Told> = telling.iter().map(|connections| connections.told()).collect();
    let mut pipeline = Pipeline::with_capacity(telling.len());
    for (connections, told) in telling.iter().zip(&told) {
        pipeline
            .cmd("EVAL")
            .arg(CONNECTIONS)
            .arg(2)
            .arg(&connections.key)
            .arg(REPLICAS)
            .arg(&shared.replica)
            .arg(told.open)
            .arg(told.wanted)
            .arg(told.most)
            .arg(ALIVE_MS)
            .arg(TOLD_MS);
    }
    let answers: Vec<u32> = pipeline.query_async(connection).await?;
    for ((connections, told), granted) in telling.iter().zip(&told).zip(answers) {
        connections.noted(told, granted);
    }
    Ok(())
}

async fn lease(
    connection: &mut MultiplexedConnection,
    leases: &[Arc<Lease>],
) -> Result<(), RedisError> {
    let mut pipeline = Pipeline::with_capacity(leases.len());
    for lease in leases {
        // Whole milliseconds would be too coarse for a bucket that fills in one.
        let fills_ms = lease.fills_in.as_secs_f64() * 1_000.0;
        pipeline
            .cmd("EVAL")
            .arg(LEASE)
            .arg(1)
            .arg(&lease.key)
            .arg(lease.burst.get())
            .arg(fills_ms)
            .arg(lease.wanted());
    }
    let answers: Vec<(u32, u64)> = pipeline.query_async(connection).await?;
    for (lease, (cells, wait_ms)) in leases.iter().zip(answers) {
        lease.granted(cells, Duration::from_millis(wait_ms));
    }
    Ok(())
}
