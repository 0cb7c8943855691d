//! Talks to Redis: one connection, leases of many subscriptions in one round trip, and a sign of
//! life by which replicas count each other.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Pipeline, RedisError};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::{Lease, Shared};

/// How long Redis may take to answer or to be connected to: a replica that waits longer takes its
/// share instead.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(500);
/// How often a lost Redis is looked for.
const RETRY: Duration = Duration::from_secs(1);
/// How often a replica says that it is there …
const ALIVE_EVERY: Duration = Duration::from_secs(2);
/// … and how long it is believed without, in milliseconds.
const ALIVE_MS: u64 = 10_000;
/// Leases in one round trip.
const LEASES_AT_ONCE: usize = 256;
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

/// Notes that a replica is there, forgets those that said nothing for long; how many there are.
const ALIVE: &str = "
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[2]))
return redis.call('ZCARD', KEYS[1])
";

/// Leases for as long as the process runs.
pub(super) async fn run(
    client: Client,
    shared: Arc<Shared>,
    mut asked: mpsc::Receiver<Arc<Lease>>,
) {
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
        while let Ok(lease) = asked.try_recv() {
            lease.unanswered();
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
    asked: &mut mpsc::Receiver<Arc<Lease>>,
) -> Result<(), RedisError> {
    let mut signs = interval(ALIVE_EVERY);
    signs.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut leases = Vec::with_capacity(LEASES_AT_ONCE);
    loop {
        tokio::select! {
            _ = signs.tick() => {
                let replicas: u32 = redis::cmd("EVAL")
                    .arg(ALIVE).arg(1).arg(REPLICAS).arg(&shared.replica).arg(ALIVE_MS)
                    .query_async(connection)
                    .await?;
                shared.found(replicas);
            }
            count = asked.recv_many(&mut leases, LEASES_AT_ONCE) => {
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
        }
    }
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
