//! `snapshot.*`, `search.p95`, `asyncapi.import`: the catalog in this process.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use catalog::asyncapi::{HttpServer, Servers, SpecVersion};
use catalog::people::{Person, Rights, Role};
use catalog::search::{Question, Search};
use catalog::{Actor, SubscriptionDetails, SubscriptionMove};

use super::world::{ENDPOINTS, World};
use super::{ms, percentile};
use crate::process::rss_bytes;
use crate::row::{Better, Row};
use crate::rows::median;

/// The benchmarks.
pub const IDS: [&str; 5] =
    ["snapshot.compile", "snapshot.memory", "snapshot.change", "search.p95", "asyncapi.import"];

const ROUNDS: usize = 7;
const CHANGES: usize = 200;
const QUESTIONS: usize = 1_000;
const IMPORTS: usize = 50;
/// How long the index may take.
const INDEX_LIMIT: Duration = Duration::from_secs(120);

/// Questions as people type them: words, misspelt words, beginnings.
const ASKED: [&str; 10] = [
    "order",
    "invoice customer",
    "custmer",
    "paymnt ledger",
    "sens",
    "crew roster",
    "bagage",
    "search12",
    "order.invoice",
    "discount basket checkout",
];

/// Measures them one after the other.
///
/// # Errors
/// When the catalog does not do it.
pub async fn run(quick: bool) -> Result<Vec<Row>> {
    let many = |count: usize| if quick { count.div_ceil(10) } else { count };
    let before = rss_bytes(std::process::id())?;
    let world = World::make().await?;
    Ok(vec![
        compile(&world, many(ROUNDS)).await?,
        memory(&world, before)?,
        change(&world, many(CHANGES)).await?,
        search(&world, many(QUESTIONS)).await?,
        import(&world, many(IMPORTS))?,
    ])
}

async fn compile(world: &World, rounds: usize) -> Result<Row> {
    let (mut loads, mut both) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let begin = Instant::now();
        drop(world.store.load().await?);
        loads.push(ms(begin));
        let begin = Instant::now();
        world.catalog.refresh().await?;
        both.push(ms(begin));
    }
    let (load, both) = (median(loads), median(both));
    let what =
        "compiling a whole snapshot: reading all of the store and compiling it, minus reading";
    Ok(Row::new("snapshot.compile", what, "ms", Better::Lower, 500.0)
        .value(both - load)
        .detail("load_ms", load))
}

/// Resident memory of the catalog in this process: state and snapshot.
fn memory(world: &World, before: u64) -> Result<Row> {
    let _kept = world.catalog.snapshot();
    let grown = rss_bytes(std::process::id())?.saturating_sub(before);
    let what =
        "resident memory that the catalog takes: resources, snapshot, and what making them left";
    let row = Row::new("snapshot.memory", what, "MiB", Better::Lower, 200.0);
    Ok(row.value(grown as f64 / 1_048_576.0))
}

async fn change(world: &World, changes: usize) -> Result<Row> {
    let actor = Actor::system("bench");
    let mut took = Vec::new();
    for at in 0..changes {
        let name = format!("subscription-{}", at * 97);
        for by in [SubscriptionMove::Suspend, SubscriptionMove::Resume] {
            let begin = Instant::now();
            let details = SubscriptionDetails::default();
            world.catalog.move_subscription(&actor, &name, by, details).await?;
            took.push(ms(begin));
        }
    }
    let p99 = percentile(&mut took, 99);
    let what = "one subscription suspended or resumed: worked out, stored with its audit record \
                (synced to disk), published";
    Ok(Row::new("snapshot.change", what, "ms", Better::Lower, 20.0)
        .value(median(took))
        .detail("p99_ms", p99))
}

async fn search(world: &World, questions: usize) -> Result<Row> {
    let begin = Instant::now();
    let search = Search::start(world.catalog.clone());
    let rights = Rights::of(Person {
        user: "dora".to_owned(),
        roles: [Role::Developer].into(),
        teams: ["team-1".to_owned()].into(),
        scopes: None,
    });
    let ask = |words: &str| {
        let question = Question { words: words.to_owned(), limit: 20, ..Question::default() };
        search.ask(&rights, &question)
    };
    while !ask("")?.complete {
        anyhow::ensure!(begin.elapsed() < INDEX_LIMIT, "the index is never complete");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let indexed = ms(begin);
    let (mut took, mut found) = (Vec::new(), 0);
    for at in 0..questions {
        let words = ASKED.get(at % ASKED.len()).copied().unwrap_or_default();
        let begin = Instant::now();
        found += ask(words)?.total;
        took.push(ms(begin));
    }
    let p50 = percentile(&mut took, 50);
    let what =
        format!("a question over {ENDPOINTS} endpoints with facets, visibility decided for each");
    Ok(Row::new("search.p95", what, "ms", Better::Lower, 100.0)
        .value(percentile(&mut took, 95))
        .detail("p50_ms", p50)
        .detail("p99_ms", percentile(&mut took, 99))
        .detail("found_mean", found as f64 / questions as f64)
        .detail("index_ms", indexed))
}

fn import(world: &World, imports: usize) -> Result<Row> {
    let http = HttpServer { host: "events.example.org".to_owned(), tls: true };
    let servers = Servers { kafka: None, http: Some(http) };
    let mut took = Vec::new();
    let mut bytes = 0;
    for at in 0..imports {
        let name = format!("endpoint-{}", at * 13);
        let document = world.catalog.asyncapi(&name, None, &servers, SpecVersion::V3_1)?;
        let text = document.to_string();
        bytes += text.len();
        let begin = Instant::now();
        let imported =
            world.catalog.import_asyncapi("bench", &text, Some("main"), &Rights::everything());
        took.push(ms(begin));
        let imported = imported.map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
        imported.endpoints.iter().next().context("nothing was imported")?;
    }
    let what =
        "an AsyncAPI 3.1 document of one endpoint read, with its report, beside 10,000 endpoints";
    Ok(Row::new("asyncapi.import", what, "ms", Better::Lower, 250.0)
        .value(percentile(&mut took, 95))
        .detail("bytes_mean", bytes as f64 / imports as f64))
}
