//! The catalog in one SQLite file.

mod audit;
mod sending;

use std::{collections::BTreeMap, fs, path::Path, sync::Arc, time::Duration};

use futures_util::TryStreamExt;
use sqlx::{
    ConnectOptions, Row, SqlitePool, SqliteTransaction,
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
    },
};

use sqlx::migrate::{MigrateError, Migrator};
use tokio::sync::watch;

use super::{
    AuditQuery, Change, Claim, Kept, KeptId, Store, StoreError, StoreFuture, Stored,
    kept::sqlite as kept, resource_of, unreadable,
};
use crate::{
    audit::{Checkpoint, Record},
    model::{Credential, CredentialKind, Kind, Proof, Resource, ScramKeys, Spec, Verifier},
    resources::Resources,
    secret::Sealed,
};

/// Connections to the file: one writes, some read; more would only wait for each other.
const CONNECTIONS_MAX: u32 = 4;
/// How long a writer waits for another process's transaction before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How often and after how long opening is tried again while the file is locked: after a crash,
/// SQLite recovers the write-ahead log under a lock that its own busy time-out does not wait for.
const OPEN_TRIES: u32 = 50;
const OPEN_RETRY: Duration = Duration::from_millis(100);
/// How long anybody waits for a connection of the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// A store in a SQLite file (write-ahead log, synced at every commit: a revocation that was
/// answered survives a power cut).
#[derive(Clone, Debug)]
pub struct SqliteStore {
    pool: SqlitePool,
    audited: watch::Sender<u64>,
}

impl SqliteStore {
    /// Opens the file, makes it if there is none (readable by this user only), and brings its
    /// tables up to date.
    ///
    /// # Errors
    /// When the file cannot be opened, made or migrated.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        make_private(path)
            .map_err(|error| StoreError::Database(format!("{}: {error}", path.display())))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let pool = connect(options, CONNECTIONS_MAX, &MIGRATIONS).await?;
        Ok(Self { pool, audited: watch::Sender::new(0) })
    }

    /// A store that ends with the process, for tests and trials.
    ///
    /// # Errors
    /// When SQLite fails.
    pub async fn in_memory() -> Result<Self, StoreError> {
        // Each connection of its own would have a database of its own.
        let options = SqliteConnectOptions::new().in_memory(true);
        let pool = connect(options, 1, &MIGRATIONS).await?;
        Ok(Self { pool, audited: watch::Sender::new(0) })
    }

    /// Tells that the audit has more records.
    fn tell_audited(&self) {
        self.audited.send_modify(|times| *times = times.wrapping_add(1));
    }
}

/// Connections to a database brought up to date; waited for while it is locked.
pub(super) async fn connect(
    options: SqliteConnectOptions,
    connections: u32,
    migrations: &Migrator,
) -> Result<SqlitePool, StoreError> {
    let mut tried = 1;
    loop {
        match try_connect(options.clone(), connections, migrations).await {
            Err(error) if tried < OPEN_TRIES && is_locked(&error) => {
                tried += 1;
                tokio::time::sleep(OPEN_RETRY).await;
            }
            connected => return Ok(connected?),
        }
    }
}

async fn try_connect(
    options: SqliteConnectOptions,
    connections: u32,
    migrations: &Migrator,
) -> Result<SqlitePool, sqlx::Error> {
    let options = options.busy_timeout(BUSY_TIMEOUT).foreign_keys(true).disable_statement_logging();
    let pool = SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options)
        .await?;
    migrations.run(&pool).await?;
    Ok(pool)
}

/// Whether the file is only locked for now (SQLITE_BUSY, whatever its extended code).
fn is_locked(error: &sqlx::Error) -> bool {
    let inner = match error {
        sqlx::Error::Migrate(migrate) => match migrate.as_ref() {
            MigrateError::Execute(inner) => inner,
            _ => return false,
        },
        other => other,
    };
    let code = inner.as_database_error().and_then(|error| error.code());
    // The low byte of an extended code is the primary one: 5 is SQLITE_BUSY.
    code.and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == 5)
}

/// Makes the file before SQLite does, so that it never is readable by others: it holds verifiers.
pub(super) fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(|_| ())
}

impl Store for SqliteStore {
    fn load(&self) -> StoreFuture<'_, Stored> {
        Box::pin(async move {
            // One read transaction: everything is of one version.
            let mut transaction = self.pool.begin().await?;
            let version = read_version(&mut transaction).await?;
            let resources = read_resources(&mut transaction).await?;
            let sealed = read_sealed(&mut transaction).await?;
            transaction.commit().await?;
            Ok(Stored { version, resources, sealed })
        })
    }

    fn version(&self) -> StoreFuture<'_, u64> {
        Box::pin(async move {
            let mut transaction = self.pool.begin().await?;
            let version = read_version(&mut transaction).await?;
            transaction.commit().await?;
            Ok(version)
        })
    }

    fn record<'a>(&'a self, change: &'a Change) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            if let Some((limit, entry)) = change.limited() {
                let latest = audit::records(&mut *transaction, &limit.query(entry)).await?;
                limit.check(entry, &latest)?;
            }
            audit::append(&mut transaction, change).await?;
            transaction.commit().await?;
            self.tell_audited();
            Ok(())
        })
    }

    fn records<'a>(&'a self, query: &'a AuditQuery) -> StoreFuture<'a, Vec<Record>> {
        Box::pin(audit::records(&self.pool, query))
    }

    fn checkpoints(&self) -> StoreFuture<'_, Vec<Checkpoint>> {
        Box::pin(audit::checkpoints(&self.pool))
    }

    fn restore_audit<'a>(
        &'a self,
        records: &'a [Record],
        checkpoints: &'a [Checkpoint],
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            audit::write(&mut transaction, records, checkpoints).await?;
            Ok(transaction.commit().await?)
        })
    }

    fn keep<'a>(&'a self, kept: &'a Kept, now: i64) -> StoreFuture<'a, bool> {
        Box::pin(kept::keep(&self.pool, kept, now))
    }

    fn keep_instead<'a>(&'a self, kept: &'a Kept) -> StoreFuture<'a, ()> {
        Box::pin(kept::keep_instead(&self.pool, kept))
    }

    fn kept(&self, what: &'static str, id: KeptId, now: i64) -> StoreFuture<'_, Option<Kept>> {
        Box::pin(kept::find(&self.pool, what, id, now))
    }

    fn forget(&self, what: &'static str, id: KeptId) -> StoreFuture<'_, bool> {
        Box::pin(kept::forget(&self.pool, what, id))
    }

    fn forget_all<'a>(&'a self, what: &'static str, subject: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(kept::forget_all(&self.pool, what, subject))
    }

    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Option<u64>> {
        Box::pin(sending::claim(&self.pool, claim))
    }

    fn sent<'a>(&'a self, claim: &'a Claim, position: u64) -> StoreFuture<'a, bool> {
        Box::pin(sending::sent(&self.pool, claim, position))
    }

    fn release<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, ()> {
        Box::pin(sending::release(&self.pool, claim))
    }

    fn audited(&self) -> watch::Receiver<u64> {
        self.audited.subscribe()
    }

    fn commit<'a>(&'a self, expected: u64, change: &'a Change) -> StoreFuture<'a, u64> {
        Box::pin(async move {
            // IMMEDIATE takes the write lock first: nothing can come between compare and write.
            let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            if read_version(&mut transaction).await? != expected {
                return Err(StoreError::Conflict);
            }
            let next = expected + 1;
            // All old rows go before new ones come, so that two endpoints may swap addresses.
            for (kind, name) in &change.delete {
                delete_resource(&mut transaction, *kind, name).await?;
            }
            for (name, resource) in &change.put {
                delete_resource(&mut transaction, resource.spec.kind(), name).await?;
            }
            for (name, resource) in &change.put {
                insert_resource(&mut transaction, name, resource, next).await?;
            }
            for name in change.unseal.iter().chain(change.seal.iter().map(|(name, _)| name)) {
                sqlx::query("DELETE FROM sealed WHERE name = ?")
                    .bind(name)
                    .execute(&mut *transaction)
                    .await?;
            }
            for (name, sealed) in &change.seal {
                insert_sealed(&mut transaction, name, sealed).await?;
            }
            sqlx::query("UPDATE catalog SET version = ? WHERE id = 1")
                .bind(number(next)?)
                .execute(&mut *transaction)
                .await?;
            audit::append(&mut transaction, change).await?;
            transaction.commit().await?;
            self.tell_audited();
            Ok(next)
        })
    }
}

async fn read_version(transaction: &mut SqliteTransaction<'_>) -> Result<u64, StoreError> {
    let query = sqlx::query("SELECT version FROM catalog WHERE id = 1");
    let version: i64 = query.fetch_one(&mut **transaction).await?.try_get(0)?;
    u64::try_from(version).map_err(|_| unreadable("a version", "it is below 0"))
}

async fn read_resources(transaction: &mut SqliteTransaction<'_>) -> Result<Resources, StoreError> {
    let mut verifiers = BTreeMap::new();
    let query = sqlx::query("SELECT * FROM verifier");
    for row in query.fetch_all(&mut **transaction).await? {
        verifiers.insert(row.try_get::<String, _>("credential")?, verifier(&row)?);
    }
    let mut proofs = BTreeMap::new();
    for row in sqlx::query("SELECT * FROM proof").fetch_all(&mut **transaction).await? {
        let key: (String, String) = (row.try_get("kind")?, row.try_get("name")?);
        proofs.insert(key, Proof(row.try_get("proof")?));
    }
    let mut resources = Resources::default();
    let query = sqlx::query("SELECT kind, name, labels, spec FROM resource");
    // One after the other: all rows at once would take more memory than what is made of them.
    let mut rows = query.fetch(&mut **transaction);
    while let Some(row) = rows.try_next().await? {
        let name: String = row.try_get("name")?;
        let mut resource = resource(&row, &name)?;
        if let Spec::Credential(credential) = &mut resource.spec {
            // Without a row it keeps the empty verifier, which nothing matches.
            let verifier = verifiers.remove(&name).unwrap_or_default();
            Arc::make_mut(credential).verifier = verifier;
        }
        let key = (resource.spec.kind().name().to_owned(), name.clone());
        resource.spec.set_proof(proofs.remove(&key));
        resources.put(name.into(), Arc::new(resource));
    }
    Ok(resources)
}

fn resource(row: &SqliteRow, name: &str) -> Result<Resource, StoreError> {
    let (kind, labels, spec): (String, String, String) =
        (row.try_get("kind")?, row.try_get("labels")?, row.try_get("spec")?);
    resource_of(&kind, name, &labels, &spec)
}

fn verifier(row: &SqliteRow) -> Result<Verifier, StoreError> {
    let keys = |salt, iterations, stored, server| -> Result<ScramKeys, StoreError> {
        Ok(ScramKeys {
            salt: row.try_get(salt)?,
            iterations: row.try_get(iterations)?,
            stored_key: row.try_get(stored)?,
            server_key: row.try_get(server)?,
        })
    };
    let sha256: Vec<u8> = row.try_get("sha256")?;
    Ok(Verifier {
        sha256: sha256.try_into().map_err(|_| unreadable("a verifier", "its length is wrong"))?,
        scram_sha256: keys(
            "scram_sha256_salt",
            "scram_sha256_iterations",
            "scram_sha256_stored",
            "scram_sha256_server",
        )?,
        scram_sha512: keys(
            "scram_sha512_salt",
            "scram_sha512_iterations",
            "scram_sha512_stored",
            "scram_sha512_server",
        )?,
    })
}

async fn read_sealed(
    transaction: &mut SqliteTransaction<'_>,
) -> Result<BTreeMap<String, Sealed>, StoreError> {
    let query = sqlx::query("SELECT name, key_id, nonce, ciphertext FROM sealed");
    let rows = query.fetch_all(&mut **transaction).await?;
    let sealed = |row: SqliteRow| {
        let sealed = Sealed {
            key_id: row.try_get("key_id")?,
            nonce: row.try_get("nonce")?,
            ciphertext: row.try_get("ciphertext")?,
        };
        Ok((row.try_get("name")?, sealed))
    };
    rows.into_iter().map(sealed).collect()
}

async fn delete_resource(
    transaction: &mut SqliteTransaction<'_>,
    kind: Kind,
    name: &str,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM resource WHERE kind = ? AND name = ?")
        .bind(kind.name())
        .bind(name)
        .execute(&mut **transaction)
        .await?;
    if kind == Kind::Credential {
        sqlx::query("DELETE FROM verifier WHERE credential = ?")
            .bind(name)
            .execute(&mut **transaction)
            .await?;
    }
    if matches!(kind, Kind::User | Kind::Token) {
        sqlx::query("DELETE FROM proof WHERE kind = ? AND name = ?")
            .bind(kind.name())
            .bind(name)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

async fn insert_resource(
    transaction: &mut SqliteTransaction<'_>,
    name: &str,
    resource: &Resource,
    version: u64,
) -> Result<(), StoreError> {
    let kind = resource.spec.kind();
    let unwritable = |error| unreadable(&format!("{kind}/{name}"), error);
    let labels = serde_json::to_string(&resource.labels).map_err(unwritable)?;
    let spec = resource.spec.to_json().map_err(unwritable)?;
    sqlx::query("INSERT INTO resource (kind, name, labels, spec, version) VALUES (?, ?, ?, ?, ?)")
        .bind(kind.name())
        .bind(name)
        .bind(labels)
        .bind(spec.to_string())
        .bind(number(version)?)
        .execute(&mut **transaction)
        .await?;
    if let Some(proof) = resource.spec.proof() {
        sqlx::query("INSERT INTO proof (kind, name, proof) VALUES (?, ?, ?)")
            .bind(kind.name())
            .bind(name)
            .bind(&proof.0)
            .execute(&mut **transaction)
            .await?;
    }
    match &resource.spec {
        Spec::Credential(credential) if credential.kind() == CredentialKind::Secret => {
            insert_verifier(transaction, name, credential).await
        }
        _ => Ok(()),
    }
}

async fn insert_verifier(
    transaction: &mut SqliteTransaction<'_>,
    name: &str,
    credential: &Credential,
) -> Result<(), StoreError> {
    let verifier = &credential.verifier;
    let mut query = sqlx::query("INSERT INTO verifier VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(name)
        .bind(verifier.sha256.as_slice());
    for keys in [&verifier.scram_sha256, &verifier.scram_sha512] {
        query = query
            .bind(keys.salt.as_slice())
            .bind(keys.iterations)
            .bind(keys.stored_key.as_slice())
            .bind(keys.server_key.as_slice());
    }
    query.execute(&mut **transaction).await?;
    Ok(())
}

async fn insert_sealed(
    transaction: &mut SqliteTransaction<'_>,
    name: &str,
    sealed: &Sealed,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO sealed (name, key_id, nonce, ciphertext) VALUES (?, ?, ?, ?)")
        .bind(name)
        .bind(&sealed.key_id)
        .bind(sealed.nonce.as_slice())
        .bind(sealed.ciphertext.as_slice())
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// SQLite's integers are signed.
fn number(version: u64) -> Result<i64, StoreError> {
    i64::try_from(version).map_err(|_| unreadable("a version", "it is too large"))
}

#[cfg(test)]
mod tests;
