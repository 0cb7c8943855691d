//! What is backed up comes back: resources, secrets that people hold, the audit with its chain;
//! from either kind of store into either. What is damaged restores nothing.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use std::{io::Cursor, sync::Arc};

use catalog::{
    Actor, Catalog,
    backup::{BackupError, backup, restore},
    model::Kind,
    store::{AuditQuery, SqliteStore, Store},
};
use support::{BASE, apply, document, secrets, store};

/// A store with something of everything, its catalog, and a secret that somebody holds.
async fn full() -> (Arc<dyn Store>, Catalog, catalog::SecretText) {
    let store = store().await;
    let catalog = Catalog::with_store(store.clone(), secrets()).await.unwrap();
    let issued = apply(&catalog, BASE).await.secrets.remove(0);
    let more = document("Key", "salt", "{version: 1, secretFrom: {generate: true}}")
        + &document("User", "anna", "{roles: [owner], teams: [a, b]}")
        + &document("Token", "laptop", "{user: anna, scopes: [read]}");
    apply(&catalog, &more).await;
    let actor = Actor::system("test");
    catalog.set_password(&actor, "anna", None, "correct horse battery").await.unwrap();
    (store, catalog, issued.secret)
}

async fn audit(catalog: &Catalog) -> Vec<catalog::audit::Record> {
    let query = AuditQuery { oldest_first: true, limit: 1_000, ..AuditQuery::default() };
    catalog.audit(&query).await.unwrap()
}

#[tokio::test]
async fn everything_comes_back_in_either_kind_of_store() {
    let (from, before, secret) = full().await;
    let mut copy = Vec::new();
    let counts = backup(from.as_ref(), &mut copy).await.unwrap();
    assert!(!String::from_utf8_lossy(&copy).contains(secret.expose()), "no secret is in it");
    let into: [Arc<dyn Store>; 2] =
        [store().await, Arc::new(SqliteStore::in_memory().await.unwrap())];
    for into in into {
        let restored = restore(into.as_ref(), Cursor::new(&copy)).await.unwrap();
        assert_eq!(restored, counts);
        let after = Catalog::with_store(into.clone(), secrets()).await.unwrap();
        for kind in Kind::ALL {
            assert_eq!(before.list(kind, None, 100), after.list(kind, None, 100), "{kind}");
        }
        assert_eq!(after.snapshot().problems, Vec::<String>::new());
        assert!(after.snapshot().credentials["shipping-1"].verify(secret.expose()));
        assert!(after.sign_in("anna", "correct horse battery", None).await.is_ok());
        // The chain goes on where it was, and the restore is part of it.
        apply(&after, &document("Team", "later", "{}")).await;
        let (old, new) = (audit(&before).await, audit(&after).await);
        assert_eq!(new[..old.len()], old[..]);
        assert!(new[old.len()].event.contains("io.sluicegate.catalog.restored.v1"));
        let checkpoints = after.checkpoints().await.unwrap();
        assert!(checkpoints.iter().all(catalog::audit::Checkpoint::is_signed));
        assert_eq!(checkpoints.last().unwrap().number, new.last().unwrap().number);
        let again = restore(into.as_ref(), Cursor::new(&copy)).await;
        assert!(matches!(again, Err(BackupError::NotEmpty)), "{again:?}");
    }
}

#[tokio::test]
async fn what_is_damaged_restores_nothing_that_is_served() {
    let (from, ..) = full().await;
    let mut copy = Vec::new();
    backup(from.as_ref(), &mut copy).await.unwrap();
    let text = String::from_utf8(copy).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let joined = |lines: &[&str]| lines.join("\n") + "\n";
    let mut damaged = vec![
        String::new(),
        "{}\n".to_owned(),
        joined(&lines[..lines.len() - 1]),
        joined(&lines[1..]),
        text.replace("logistics", "logistik"),
        text.replacen("\"roles\":[\"owner\"]", "\"roles\":[\"admin\"]", 1),
        text[..text.len() / 2].to_owned(),
    ];
    for gone in [1, lines.len() / 2, lines.len() - 2] {
        let mut fewer = lines.clone();
        fewer.remove(gone);
        damaged.push(joined(&fewer));
        let mut twice = lines.clone();
        twice.insert(gone, lines[gone]);
        damaged.push(joined(&twice));
    }
    for (at, text) in damaged.iter().enumerate() {
        let into = store().await;
        let refused = restore(into.as_ref(), Cursor::new(text)).await;
        assert!(matches!(refused, Err(BackupError::Wrong { .. })), "{at}: {refused:?}");
        let catalog = Catalog::with_store(into, secrets()).await.unwrap();
        for kind in Kind::ALL {
            assert!(catalog.list(kind, None, 1).items.is_empty(), "{at}: {kind}");
        }
    }
}
