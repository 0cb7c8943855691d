//! Promise 10: a corrupt batch, an unreachable cluster at start, a missing topic, a bad password
//! upstream. `serve` starts, `/readyz` and the log say exactly what is wrong, and it recovers
//! alone.

use std::time::Duration;

use tests::canary::{Canary, search_files};
use tests::documents::Documents;
use tests::gateway::{Applied, Gateway};
use tests::scripted_broker::{Act, Batch, Lies, Options, ScriptedBroker};
use tests::{eventually, run};

/// How long a problem may take to be seen, and to be over.
const NOTICE_LIMIT: Duration = Duration::from_secs(30);
/// How long an event may take.
const EVENT_LIMIT: Duration = Duration::from_secs(15);
/// The right password of the scripted broker.
const PASSWORD: &str = "canary-right-password-91bd";
/// Another one.
const WRONG_PASSWORD: &str = "canary-wrong-password-55aa";

#[test]
fn an_unreachable_cluster_is_named_and_waited_for() {
    run(120, async {
        let broker = ScriptedBroker::stopped(Options::default())?;
        broker.create_topic("orders", 1);
        broker.append("orders", 0, &Batch::of(&[r#"{"n":1}"#]));
        let gateway = Gateway::launch(tests::gateway::Options::default()).await?;
        let applied = gateway.apply(documents(&broker, "main").yaml()).await?;
        not_ready(&gateway, &["main", &broker.address()]).await?;
        // The same after a restart: the catalog is there before the cluster is.
        gateway.restart().await?;
        not_ready(&gateway, &["main", &broker.address()]).await?;
        let refusal = gateway.events("orders").bearer(secret(&applied)?).refused().await?;
        assert_eq!(refusal.status(), 503, "{}", refusal.text());
        assert_eq!(refusal.problem()?["code"], "cluster_unavailable");
        // Subscribers learn nothing of where the cluster is.
        assert!(!refusal.text().contains(&broker.address()), "{}", refusal.text());
        assert!(gateway.output().contains(&broker.address()), "{}", gateway.output());
        broker.listen().await?;
        gateway.ready(NOTICE_LIMIT).await?;
        assert_eq!(read_offsets(&gateway, &applied, 1).await?, [0]);
        Ok(())
    });
}

#[test]
fn a_missing_topic_is_named_and_waited_for() {
    run(120, async {
        let broker = ScriptedBroker::start().await?;
        let gateway = Gateway::launch(tests::gateway::Options::default()).await?;
        let applied = gateway.apply(documents(&broker, "main").yaml()).await?;
        not_ready(&gateway, &["main", "orders"]).await?;
        let refusal = gateway.events("orders").bearer(secret(&applied)?).refused().await?;
        assert_eq!(refusal.status(), 503, "{}", refusal.text());
        broker.create_topic("orders", 1);
        broker.append("orders", 0, &Batch::of(&[r#"{"n":1}"#]));
        gateway.ready(NOTICE_LIMIT).await?;
        assert_eq!(read_offsets(&gateway, &applied, 1).await?, [0]);
        Ok(())
    });
}

#[test]
fn a_bad_password_upstream_is_named_and_can_be_corrected() {
    run(120, async {
        let sasl = Some(("gateway".to_owned(), PASSWORD.to_owned()));
        let broker = ScriptedBroker::with(Options { sasl, ..Options::default() }).await?;
        broker.create_topic("orders", 1);
        broker.append("orders", 0, &Batch::of(&[r#"{"n":1}"#]));
        let gateway = Gateway::launch(tests::gateway::Options::default()).await?;
        let rest = documents(&broker, "main");
        let cluster = |password: &str| {
            let sasl = format!(
                "{{mechanism: PLAIN, username: gateway, passwordFrom: {{value: {password}}}}}"
            );
            let address = broker.address();
            let spec = format!("{{bootstrapServers: [\"{address}\"], security: {{sasl: {sasl}}}}}");
            Documents::new().document("Cluster", "secured", &spec)
        };
        gateway.apply(cluster(WRONG_PASSWORD).yaml()).await?;
        let documents = rest.yaml().replace("cluster: main", "cluster: secured");
        let applied = gateway.apply(&documents).await?;
        not_ready(&gateway, &["secured"]).await?;
        let said = eventually(NOTICE_LIMIT, "the login is named", || async {
            let text = gateway.readyz().await.ok()?.text().to_lowercase();
            ["authentication", "login", "sasl"].iter().any(|word| text.contains(word)).then_some(())
        });
        said.await?;
        gateway.apply(cluster(PASSWORD).yaml()).await?;
        gateway.ready(NOTICE_LIMIT).await?;
        assert_eq!(read_offsets(&gateway, &applied, 1).await?, [0]);
        let canaries = [Canary::of(PASSWORD), Canary::of(WRONG_PASSWORD)];
        let leaks = search_files(&canaries, gateway.folder())?;
        assert!(leaks.is_empty(), "{leaks:?}");
        Ok(())
    });
}

#[test]
fn a_corrupt_batch_is_withheld_and_the_rest_flows() {
    run(120, async {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("orders", 1);
        let canary = Canary::new("corrupt-");
        let value = format!("{{\"secret\":\"{}\"}}", canary.value);
        broker.append("orders", 0, &Batch::of(&[r#"{"n":0}"#]));
        let lies = Lies { crc: Some(0xdead_beef), ..Lies::default() };
        broker.append("orders", 0, &Batch::of(&[&value, &value]).lying(lies));
        broker.append("orders", 0, &Batch::of(&[r#"{"n":3}"#]));
        let gateway = Gateway::launch(tests::gateway::Options::default()).await?;
        let applied = gateway.apply(documents(&broker, "main").yaml()).await?;
        gateway.ready(NOTICE_LIMIT).await?;
        assert_eq!(read_offsets(&gateway, &applied, 2).await?, [0, 3]);
        let metrics = gateway.metrics().await?;
        assert!(metrics.sum("sluicegate_batches_withheld_total", &[]) >= 1.0, "{metrics:?}");
        assert!(search_files(&[canary], gateway.folder())?.is_empty());
        Ok(())
    });
}

/// What a hostile or broken broker answers; the gateway lives, says it is not ready, and recovers.
#[test]
fn lying_answers_do_not_end_the_gateway() {
    use kafka_protocol::messages::ApiKey;
    run(240, async {
        let huge: tests::scripted_broker::Edit = std::sync::Arc::new(|body| {
            // Whatever the layout: counts become as large as they can be.
            body.iter_mut().skip(4).for_each(|byte| *byte = 0xff);
        });
        let lies = [
            Act::Close,
            Act::Length(i32::MAX),
            Act::Length(-1),
            Act::Length(3),
            Act::Cut(7),
            Act::Correlation(-7),
            Act::Body(Vec::new()),
            Act::Body(vec![0x7f; 9]),
            Act::Body([&[0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff][..], &[0; 64]].concat()),
            Act::Edit(huge),
        ];
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("orders", 1);
        let gateway = Gateway::launch(tests::gateway::Options::default()).await?;
        let applied = gateway.apply(documents(&broker, "main").yaml()).await?;
        gateway.ready(NOTICE_LIMIT).await?;
        let stream = gateway.events("orders").bearer(secret(&applied)?).from("earliest");
        let mut stream = stream.open().await?;
        for (offset, lie) in (0..).zip(lies) {
            for api in [ApiKey::Fetch, ApiKey::Metadata, ApiKey::ApiVersions] {
                broker.script(api, Some(1), lie.clone());
            }
            broker.append("orders", 0, &Batch::of(&["{}"]));
            let record = stream.records(1, NOTICE_LIMIT).await?.remove(0);
            assert_eq!(record.offset, offset);
            assert!(gateway.is_running());
            broker.behave();
        }
        assert!(gateway.resident_bytes()? < 256 * 1024 * 1024);
        Ok(())
    });
}

fn documents(broker: &ScriptedBroker, cluster: &str) -> Documents {
    Documents::new()
        .cluster(cluster, &broker.address())
        .endpoint(cluster, "orders")
        .plan("all", "orders", &[])
        .subscriber("reader", "orders", "all")
}

fn secret(applied: &Applied) -> anyhow::Result<&str> {
    Ok(&applied.secret("reader")?.secret)
}

/// Waits until `/readyz` is a 503 that names all of `names`.
async fn not_ready(gateway: &Gateway, names: &[&str]) -> anyhow::Result<()> {
    let what = format!("/readyz names {names:?}");
    eventually(NOTICE_LIMIT, &what, || async {
        let answer = gateway.readyz().await.ok()?;
        let text = answer.text();
        (answer.status() == 503 && names.iter().all(|name| text.contains(name))).then_some(())
    })
    .await
}

/// Offsets of the first `count` events, as soon as the endpoint can be read.
async fn read_offsets(
    gateway: &Gateway,
    applied: &Applied,
    count: usize,
) -> anyhow::Result<Vec<i64>> {
    let request = gateway.events("orders").bearer(secret(applied)?).from("earliest");
    let opened = eventually(NOTICE_LIMIT, "the endpoint can be read", || async {
        request.open().await.ok()
    });
    let records = opened.await?.records(count, EVENT_LIMIT).await?;
    Ok(records.iter().map(|record| record.offset).collect())
}
