//! The catalog's disk is full: changes are refused with a clear error, whoever reads goes on
//! reading, and when there is room again changes are made again. Needs the right to mount; without
//! it the test says so and is skipped.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tests::documents::Documents;
use tests::gateway::{Gateway, Options};
use tests::run;
use tests::scripted_broker::{Batch, ScriptedBroker};

const EVENT_LIMIT: Duration = Duration::from_secs(15);
/// The disk, in bytes: the store, its log and what happened fit with room for some changes.
const DISK: &str = "size=6m";
/// Changes after which the disk must be full.
const CHANGES_MAX: usize = 2_000;

/// A small disk; `None`: this user may not mount.
struct Disk(tempfile::TempDir);

impl Disk {
    fn mount() -> anyhow::Result<Option<Disk>> {
        let folder = tempfile::tempdir()?;
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", DISK, "tmpfs"])
            .arg(folder.path())
            .output();
        let mounted = mount.is_ok_and(|mount| mount.status.success());
        Ok(mounted.then(|| Disk(folder)))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: whoever still holds a file keeps it until then.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// A document that takes room: its guide has 20 KiB.
fn large(number: usize) -> String {
    let documentation = "x".repeat(20_000);
    format!(
        "apiVersion: sluicegate/v1\nkind: Endpoint\nmetadata: {{name: e{number}}}\nspec: \
         {{cluster: main, topic: t{number}, documentation: {documentation}}}\n"
    )
}

#[test]
fn a_full_disk_stops_changes_and_nothing_else() {
    run(120, async {
        let Some(disk) = Disk::mount()? else {
            println!("skipped: a disk cannot be mounted here");
            return Ok(());
        };
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("orders", 1);
        broker.append("orders", 0, &Batch::of(&[r#"{"n":1}"#]));
        let store = disk.path().join("catalog.db").display().to_string();
        let environment = vec![("SLUICEGATE__STORE__PATH".to_owned(), store)];
        let gateway = Gateway::launch(Options { environment, ..Options::default() }).await?;
        let documents = Documents::new()
            .cluster("main", &broker.address())
            .endpoint("main", "orders")
            .plan("gold", "orders", &[])
            .subscriber("shipping", "orders", "gold");
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(EVENT_LIMIT).await?;
        let ballast = disk.path().join("ballast");
        std::fs::write(&ballast, vec![0; 2 << 20])?;
        let secret = applied.secret("shipping")?.secret.clone();
        let mut stream = gateway.events("orders").bearer(&secret).from("earliest").open().await?;
        stream.records(1, EVENT_LIMIT).await?;
        let mut refused = None;
        for number in 0..CHANGES_MAX {
            let body = large(number);
            let answer = gateway.rest("POST", "apply", "application/yaml", body.as_bytes()).await?;
            if answer.status() != 200 {
                refused = Some((number, answer));
                break;
            }
        }
        let (number, refused) = refused.expect("the disk is never full");
        assert!(number > 0, "{}", refused.text());
        assert_eq!(refused.status(), 503, "{}", refused.text());
        let problem = refused.problem()?;
        assert_eq!(problem["code"], "store_unavailable");
        assert!(
            problem["detail"].as_str().is_some_and(|text| text.contains("Nothing was changed"))
        );
        assert!(gateway.output().contains("disk"), "the log says why: {}", gateway.output());
        // Whoever reads reads on, and others may begin.
        broker.append("orders", 0, &Batch::of(&[r#"{"n":2}"#]));
        stream.records(1, EVENT_LIMIT).await?;
        let mut other = gateway.events("orders").bearer(&secret).from("earliest").open().await?;
        other.records(2, EVENT_LIMIT).await?;
        let path = format!("endpoints/e{number}");
        let unmade = gateway.rest("GET", &path, "application/json", b"").await?;
        assert_eq!(unmade.status(), 404, "nothing of it is there");
        // With room again everything goes on, also after a restart.
        std::fs::remove_file(&ballast)?;
        gateway.apply(&large(number)).await?;
        gateway.restart().await?;
        let made = gateway.rest("GET", &path, "application/json", b"").await?;
        assert_eq!(made.status(), 200);
        Ok(())
    });
}
