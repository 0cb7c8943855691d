//! Secrets: told once, kept sealed, bound to their resource, and in nothing that anybody reads.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use catalog::{Actor, Catalog, MasterKey, Secrets, credential_id, model::Kind};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use support::{BASE, apply, document, secrets, try_apply, with_base};

const PASSWORD: &str = "canary-password-of-a-cluster";
const HASH_KEY: &str = "canary-bytes-of-a-hash-key";

fn cluster(name: &str, source: &str) -> String {
    let sasl = format!("{{mechanism: SCRAM-SHA-512, username: gateway, passwordFrom: {source}}}");
    let spec = format!("{{bootstrapServers: [\"b:9092\"], security: {{sasl: {sasl}}}}}");
    document("Cluster", name, &spec)
}

fn with_canaries() -> String {
    let key = format!("{{version: 1, secretFrom: {{value: {HASH_KEY}}}}}");
    cluster("one", &format!("{{value: {PASSWORD}}}"))
        + &document("Key", "customers", &key)
        + &document("Key", "made", "{version: 1, secretFrom: {generate: true}}")
}

fn password(catalog: &Catalog, cluster: &str) -> Result<String, String> {
    let snapshot = catalog.snapshot();
    let password = snapshot.clusters[cluster].sasl_password.clone().unwrap();
    password.map(|text| text.expose().to_owned())
}

async fn open(path: &Path) -> Catalog {
    Catalog::open(path, secrets()).await.unwrap()
}

/// Everything that can be read of a catalog, in one text.
fn all_that_is_told(catalog: &Catalog) -> String {
    let mut told = catalog.snapshot().problems.join("\n");
    for kind in Kind::ALL {
        for item in catalog.list(kind, None, 1000).items {
            told += &serde_json::to_string(&item).unwrap();
            let found = catalog.find(kind, &item.metadata.name).unwrap();
            told += &format!("{found:?}");
        }
    }
    told
}

#[tokio::test]
async fn canaries_are_in_no_export_answer_or_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let catalog = open(&path).await;
    let mut told = format!("{:?}", apply(&catalog, BASE).await.resources);
    told += &format!("{:?}", apply(&catalog, &with_canaries()).await);
    told += &all_that_is_told(&catalog);
    assert_eq!(password(&catalog, "one").unwrap(), PASSWORD);
    assert!(told.contains("cluster/one/password"), "the place is told");
    assert!(!told.contains("canary"), "{told}");
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"canary"));
    }
}

#[tokio::test]
async fn canaries_are_in_no_error() {
    let catalog = with_base().await;
    let canary = format!("{{value: {PASSWORD}}}");
    let short_key = document("Key", "k", "{version: 1, secretFrom: {value: canary}}");
    let dangling = document("Endpoint", "e", "{cluster: nowhere, topic: t}");
    let version = "{version: 0, secretFrom: {value: canary-that-is-long-enough}}";
    for text in [
        cluster("one", &canary) + &dangling,
        cluster("one", &canary).replace("b:9092", "no-port"),
        cluster("one", "{env: PASSWORD, file: x}"),
        short_key,
        document("Key", "k", version),
    ] {
        let error = try_apply(&catalog, &text).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
    let without_master = Catalog::in_memory(Secrets::with_environment(None, |_| None));
    let error = try_apply(&without_master.await.unwrap(), &with_canaries()).await;
    let error = error.unwrap_err();
    assert!(error.to_string().contains("no master key"), "{error}");
    assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
}

#[tokio::test]
async fn issued_secrets_are_told_once_and_verify_ten_thousand_times() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let catalog = open(&path).await;
    let applied = apply(&catalog, BASE).await;
    let [issued] = applied.secrets.as_slice() else {
        panic!("one credential, one secret: {:?}", applied.secrets);
    };
    assert_eq!(issued.holder, "shipping");
    let secret = issued.secret.expose();
    assert_eq!(credential_id(secret), Some("shipping-1"));
    assert!(!all_that_is_told(&catalog).contains(secret));
    assert!(!format!("{applied:?}").contains(secret));
    let snapshot = open(&path).await.snapshot();
    let credential = &snapshot.credentials["shipping-1"];
    let begun = Instant::now();
    for round in 0..10_000_usize {
        assert!(credential.verify(secret), "round {round}");
        let mut other = secret.as_bytes().to_vec();
        other[round % secret.len()] ^= 1;
        assert!(!credential.verify(&String::from_utf8(other).unwrap()));
    }
    assert!(begun.elapsed() < Duration::from_secs(10));
    for wrong in ["", "slg_shipping-1_", &secret[1..], &secret.repeat(1000)] {
        assert!(!credential.verify(wrong));
    }
}

#[tokio::test]
async fn revoked_and_expired_credentials_do_not_verify() {
    let catalog = with_base().await;
    let spec = "{application: shipping, expiresAt: 2030-01-01T00:00:00Z}";
    let applied = apply(&catalog, &document("Credential", "short", spec)).await;
    let secret = applied.secrets[0].secret.clone();
    let credential = catalog.snapshot().credentials["short"].clone();
    let expiry = credential.expires_at.unwrap();
    let moment = time::Duration::nanoseconds(1);
    assert!(credential.verify_at(&secret, expiry - moment));
    assert!(!credential.verify_at(&secret, expiry));
    catalog.revoke(&Actor::system("test"), Kind::Credential, "short").await.unwrap();
    let credential = catalog.snapshot().credentials["short"].clone();
    assert!(!credential.verify_at(&secret, expiry - moment));
}

#[tokio::test]
async fn everything_is_there_again_after_reopening_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let (version, told, verifier) = {
        let catalog = open(&path).await;
        apply(&catalog, BASE).await;
        apply(&catalog, &with_canaries()).await;
        let snapshot = catalog.snapshot();
        let verifier = snapshot.credentials["shipping-1"].verifier.clone();
        (snapshot.version, all_that_is_told(&catalog), verifier)
    };
    let catalog = open(&path).await;
    let snapshot = catalog.snapshot();
    assert_eq!(snapshot.version, version);
    assert_eq!(snapshot.problems, Vec::<String>::new());
    assert_eq!(all_that_is_told(&catalog), told);
    assert!(snapshot.credentials["shipping-1"].verifier == verifier);
    assert_eq!(password(&catalog, "one").unwrap(), PASSWORD);
    assert!(snapshot.grant("shipping", "orders").unwrap().chain.is_ok());
    // What was applied is applied still.
    let again = apply(&catalog, &format!("{BASE}{}", with_canaries())).await;
    assert_eq!(again.version, version);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "nobody else may read the verifiers");
    }
}

#[tokio::test]
async fn a_sealed_secret_moved_to_another_resource_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let catalog = open(&path).await;
    let two = cluster("two", "{value: \"another password\"}");
    apply(&catalog, &(with_canaries() + &two)).await;
    let mut database = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    for swap in [
        "UPDATE sealed SET name = 'x' WHERE name = 'cluster/one/password'",
        "UPDATE sealed SET name = 'cluster/one/password' WHERE name = 'cluster/two/password'",
        "UPDATE sealed SET name = 'cluster/two/password' WHERE name = 'x'",
    ] {
        sqlx::query(swap).execute(&mut database).await.unwrap();
    }
    database.close().await.unwrap();
    catalog.refresh().await.unwrap();
    for name in ["one", "two"] {
        let reason = password(&catalog, name).unwrap_err();
        assert!(reason.contains("belongs elsewhere"), "{reason}");
    }
    assert_eq!(catalog.snapshot().problems.len(), 2);
    // Nor can a document reach for the secret of another resource.
    let thief = cluster("thief", "{store: key/customers/1}");
    let error = try_apply(&catalog, &thief).await.unwrap_err();
    assert!(error.to_string().contains("of this resource"), "{error}");
}

#[tokio::test]
async fn another_master_key_opens_nothing_and_the_rest_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    {
        let catalog = open(&path).await;
        apply(&catalog, &format!("{BASE}{}", with_canaries())).await;
    }
    let other = MasterKey::new(&[8; 32]).unwrap();
    let secrets = Secrets::with_environment(Some(other), |_| None);
    let catalog = Catalog::open(&path, secrets).await.unwrap();
    assert!(password(&catalog, "one").is_err());
    let snapshot = catalog.snapshot();
    assert!(!snapshot.problems.is_empty());
    assert!(!snapshot.problems.join(" ").contains("canary"));
    assert!(snapshot.grant("shipping", "orders").unwrap().chain.is_ok());
}

#[tokio::test]
async fn a_key_version_never_changes_its_bytes() {
    let catalog = with_base().await;
    let key = |version: u32, text: &str| {
        let spec = format!("{{version: {version}, secretFrom: {{value: {text}}}}}");
        document("Key", "k", &spec)
    };
    apply(&catalog, &key(1, "the first bytes of the key")).await;
    let changed = key(1, "other bytes of the same key");
    let error = try_apply(&catalog, &changed).await.unwrap_err();
    assert!(error.to_string().contains("raise `version` above 1"), "{error}");
    apply(&catalog, &key(2, "other bytes of the same key")).await;
}
