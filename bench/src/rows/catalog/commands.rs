//! `apply.1000`, `diff.1000`: the command line with a thousand resources. `replica.change`: two
//! catalogs on one PostgreSQL (`scripts/with-postgres`).

use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use catalog::store::PostgresStore;
use catalog::{
    Actor, ApplyOptions, Catalog, Document, Secrets, SubscriptionDetails, SubscriptionMove,
};
use tests::gateway::{Gateway, binary};

use super::world::endpoint;
use super::{ms, percentile};
use crate::row::{Better, Row};
use crate::rows::median;
use crate::stand::quiet;

/// The benchmarks.
pub const IDS: [&str; 3] = ["apply.1000", "diff.1000", "replica.change"];

const RESOURCES: usize = 1_000;
const ROUNDS: usize = 5;
const CHANGES: usize = 200;
const DIFFERENT: i32 = 1;

/// Runs the commands.
///
/// # Errors
/// When one fails.
pub async fn run(quick: bool) -> Result<Vec<Row>> {
    let rounds = if quick { 1 } else { ROUNDS };
    let (mut applies, mut diffs) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let gateway = Gateway::start_with(quiet()).await?;
        let file = gateway.folder().join("thousand.yaml");
        std::fs::write(&file, thousand())?;
        let run = |command: &str| -> Result<(f64, Option<i32>)> {
            let begin = Instant::now();
            let output = Command::new(binary())
                .args([command, "-f"])
                .arg(&file)
                .env("SLUICEGATE_URL", format!("http://{}", gateway.address()))
                .env("SLUICEGATE_TOKEN", gateway.token())
                .output()?;
            Ok((ms(begin) / 1_000.0, output.status.code()))
        };
        let (took, code) = run("diff")?;
        anyhow::ensure!(code == Some(DIFFERENT), "diff ends with {code:?}");
        diffs.push(took);
        let (took, code) = run("apply")?;
        anyhow::ensure!(code == Some(0), "apply ends with {code:?}");
        applies.push(took);
    }
    Ok(vec![
        Row::new("apply.1000", "`sluicegate apply` of 1,000 endpoints", "s", Better::Lower, 10.0)
            .value(median(applies)),
        Row::new("diff.1000", "`sluicegate diff` of 1,000 new endpoints", "s", Better::Lower, 2.0)
            .value(median(diffs)),
        replica(if quick { CHANGES / 10 } else { CHANGES }).await?,
    ])
}

fn thousand() -> String {
    let cluster = "apiVersion: sluicegate/v1\nkind: Cluster\nmetadata: {name: main}\nspec: \
                   {bootstrapServers: [\"127.0.0.1:9\"]}\n";
    let mut text = cluster.to_owned();
    for at in 1..RESOURCES {
        text += &format!(
            "---\napiVersion: sluicegate/v1\nkind: Endpoint\nmetadata: {{name: endpoint-{at}}}\n\
             spec: {}\n",
            endpoint(at)
        );
    }
    text
}

/// From asking one replica to the other's snapshot.
async fn replica(changes: usize) -> Result<Row> {
    let what = "a subscription suspended or resumed at one replica until the other's snapshot has \
                it; PostgreSQL on this machine, 1,000 endpoints";
    let row = Row::new("replica.change", what, "s", Better::Lower, 1.0);
    let Ok(server) = std::env::var("SLUICEGATE_TEST_POSTGRES") else {
        return Ok(row.note("needs PostgreSQL: scripts/with-postgres"));
    };
    let open = async || -> Result<Catalog> {
        let store = PostgresStore::open(&format!("{server}/postgres")).await?;
        Ok(Catalog::with_store(Arc::new(store), Secrets::new(None)).await?)
    };
    let (one, other) = (open().await?, open().await?);
    let more = "---\napiVersion: sluicegate/v1\nkind: Plan\nmetadata: {name: p}\nspec: {endpoint: \
                endpoint-1}\n---\napiVersion: sluicegate/v1\nkind: Application\nmetadata: {name: \
                a}\nspec: {}\n---\napiVersion: sluicegate/v1\nkind: Subscription\nmetadata: {name: \
                s}\nspec: {application: a, endpoint: endpoint-1, plan: p}\n";
    let documents = Document::parse_yaml("bench", &(thousand() + more));
    let documents = documents.map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    let actor = Actor::system("bench");
    one.apply(&actor, &documents, ApplyOptions::default()).await?;
    let mut snapshots = other.subscribe();
    let mut took = Vec::new();
    for at in 0..changes {
        let by = [SubscriptionMove::Suspend, SubscriptionMove::Resume];
        let by = by.get(at % 2).copied().context("a move")?;
        let begin = Instant::now();
        let applied =
            one.move_subscription(&actor, "s", by, SubscriptionDetails::default()).await?;
        let heard = snapshots.wait_for(|snapshot| snapshot.version >= applied.version);
        if heard.await.is_err() {
            bail!("the other replica ended");
        }
        took.push(ms(begin) / 1_000.0);
    }
    let p50 = percentile(&mut took, 50);
    Ok(row.value(percentile(&mut took, 99)).detail("p50_s", p50))
}
