//! What happened is kept beside the catalog, in words that the owner of a credential understands,
//! and survives the process.

use std::time::Duration;

use catalog::activity::Activity;
use tests::documents::Documents;
use tests::gateway::Gateway;
use tests::scripted_broker::{Batch, ScriptedBroker};
use tests::{eventually, run};

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(15);
/// Events of the topic.
const EVENTS: u64 = 50;

#[test]
fn usage_and_refusals_are_kept() {
    run(60, async {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("orders", 1);
        broker.create_topic("payments", 1);
        let values: Vec<String> = (0..EVENTS).map(|n| format!("{{\"n\":{n}}}")).collect();
        broker.append("orders", 0, &Batch::of(&values));
        let gateway = Gateway::start().await?;
        let documents = Documents::new()
            .cluster("main", &broker.address())
            .endpoint("main", "orders")
            .endpoint("main", "payments")
            .plan("open", "orders", &[])
            .subscriber("reader", "orders", "open");
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(LIMIT).await?;
        let (secret, credential) = {
            let issued = applied.secret("reader")?;
            (issued.secret.clone(), issued.credential.clone())
        };
        let mut stream = gateway.events("orders").bearer(&secret).from("earliest").open().await?;
        stream.records(usize::try_from(EVENTS)?, LIMIT).await?;
        for _ in 0..3 {
            let refused = gateway.events("payments").bearer(&secret).refused().await?;
            assert_eq!(refused.status(), 404, "{}", refused.text());
        }
        let (activity, _sink) =
            Activity::open(&gateway.folder().join("state.activity.db"), "test").await?;
        let counted = eventually(LIMIT, "usage is written", || async {
            let rows = activity.usage("reader-orders", 0).await.ok()?;
            let events: i64 = rows.iter().map(|row| row.events).sum();
            (events == i64::try_from(EVENTS).ok()?).then_some(rows)
        });
        let rows = counted.await?;
        assert!(rows.iter().all(|row| row.door == "sse" && row.credential == credential));
        assert!(rows.iter().map(|row| row.bytes).sum::<i64>() > 0);
        let refusals = activity.refusals(&credential).await?;
        let [refusal] = refusals.as_slice() else { anyhow::bail!("{refusals:?}") };
        assert_eq!((refusal.endpoint.as_str(), refusal.times), ("payments", 3));
        assert!(refusal.words.ends_with('.'), "{}", refusal.words);
        assert!(activity.last_use(&credential).await?.is_some());
        assert!(!activity.replicas().await?.is_empty());
        Ok(())
    });
}
