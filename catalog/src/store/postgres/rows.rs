//! Resources, verifiers and sealed secrets as rows.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::TryStreamExt;
use sqlx::{PgConnection, Row, postgres::PgRow};

use crate::{
    model::{Credential, CredentialKind, Kind, Proof, Resource, ScramKeys, Spec, Verifier},
    secret::Sealed,
    store::{Change, StoreError, resource_of, unreadable},
};

/// The catalog's version; `lock`: nobody else changes it before the transaction ends.
pub(super) async fn version(connection: &mut PgConnection, lock: bool) -> Result<u64, StoreError> {
    let query = match lock {
        true => sqlx::query("SELECT version FROM catalog WHERE id = 1 FOR UPDATE"),
        false => sqlx::query("SELECT version FROM catalog WHERE id = 1"),
    };
    unsigned(query.fetch_one(connection).await?.try_get(0)?)
}

/// Resources that changed after a version; after 0: all.
pub(super) async fn resources(
    connection: &mut PgConnection,
    after: u64,
) -> Result<Vec<(Arc<str>, Arc<Resource>)>, StoreError> {
    let mut verifiers = BTreeMap::new();
    let sql = "SELECT verifier.* FROM verifier JOIN resource ON kind = 'Credential' AND name = \
               credential WHERE version > $1";
    let query = sqlx::query(sql).bind(signed(after)?);
    for row in query.fetch_all(&mut *connection).await? {
        verifiers.insert(row.try_get::<String, _>("credential")?, verifier(&row)?);
    }
    let mut proofs = BTreeMap::new();
    let sql = "SELECT proof.* FROM proof JOIN resource USING (kind, name) WHERE version > $1";
    for row in sqlx::query(sql).bind(signed(after)?).fetch_all(&mut *connection).await? {
        let key: (String, String) = (row.try_get("kind")?, row.try_get("name")?);
        proofs.insert(key, Proof(row.try_get("proof")?));
    }
    let sql = "SELECT kind, name, labels::text, spec::text FROM resource WHERE version > $1";
    let mut resources = Vec::new();
    // One after the other: all rows at once would take more memory than what is made of them.
    let mut rows = sqlx::query(sql).bind(signed(after)?).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let name: String = row.try_get("name")?;
        let (kind, labels, spec): (String, String, String) =
            (row.try_get("kind")?, row.try_get("labels")?, row.try_get("spec")?);
        let mut resource = resource_of(&kind, &name, &labels, &spec)?;
        if let Spec::Credential(credential) = &mut resource.spec {
            // Without a row it keeps the empty verifier, which nothing matches.
            let verifier = verifiers.remove(&name).unwrap_or_default();
            Arc::make_mut(credential).verifier = verifier;
        }
        resource.spec.set_proof(proofs.remove(&(kind, name.clone())));
        resources.push((name.into(), Arc::new(resource)));
    }
    Ok(resources)
}

/// Resources that went after a version.
pub(super) async fn gone(
    connection: &mut PgConnection,
    after: u64,
) -> Result<Vec<(Kind, String)>, StoreError> {
    let query = sqlx::query("SELECT kind, name FROM gone WHERE version > $1").bind(signed(after)?);
    let mut gone = Vec::new();
    for row in query.fetch_all(connection).await? {
        let (kind, name): (String, String) = (row.try_get("kind")?, row.try_get("name")?);
        let kind = kind.parse().map_err(|()| unreadable(&kind, "its kind is unknown"))?;
        gone.push((kind, name));
    }
    Ok(gone)
}

pub(super) async fn sealed(
    connection: &mut PgConnection,
) -> Result<BTreeMap<String, Sealed>, StoreError> {
    let query = sqlx::query("SELECT name, key_id, nonce, ciphertext FROM sealed");
    let sealed = |row: PgRow| {
        let sealed = Sealed {
            key_id: row.try_get("key_id")?,
            nonce: row.try_get("nonce")?,
            ciphertext: row.try_get("ciphertext")?,
        };
        Ok((row.try_get("name")?, sealed))
    };
    query.fetch_all(connection).await?.into_iter().map(sealed).collect()
}

/// Writes what a change puts and deletes, and the catalog's next version.
pub(super) async fn write(
    connection: &mut PgConnection,
    change: &Change,
    next: u64,
) -> Result<(), StoreError> {
    let version = signed(next)?;
    // All old rows go before new ones come, so that two endpoints may swap addresses.
    for (kind, name) in &change.delete {
        delete(connection, *kind, name).await?;
        let gone = "INSERT INTO gone (kind, name, version) VALUES ($1, $2, $3) ON CONFLICT (kind, \
                    name) DO UPDATE SET version = $3";
        let query = sqlx::query(gone).bind(kind.name()).bind(&**name).bind(version);
        query.execute(&mut *connection).await?;
    }
    for (name, resource) in &change.put {
        delete(connection, resource.spec.kind(), name).await?;
    }
    for (name, resource) in &change.put {
        insert(connection, name, resource, version).await?;
    }
    for name in change.unseal.iter().chain(change.seal.iter().map(|(name, _)| name)) {
        let query = sqlx::query("DELETE FROM sealed WHERE name = $1").bind(name);
        query.execute(&mut *connection).await?;
    }
    for (name, sealed) in &change.seal {
        sqlx::query("INSERT INTO sealed (name, key_id, nonce, ciphertext) VALUES ($1, $2, $3, $4)")
            .bind(name)
            .bind(&sealed.key_id)
            .bind(sealed.nonce.as_slice())
            .bind(sealed.ciphertext.as_slice())
            .execute(&mut *connection)
            .await?;
    }
    let query = sqlx::query("UPDATE catalog SET version = $1 WHERE id = 1").bind(version);
    query.execute(connection).await?;
    Ok(())
}

async fn delete(connection: &mut PgConnection, kind: Kind, name: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM resource WHERE kind = $1 AND name = $2")
        .bind(kind.name())
        .bind(name)
        .execute(&mut *connection)
        .await?;
    if kind == Kind::Credential {
        let query = sqlx::query("DELETE FROM verifier WHERE credential = $1").bind(name);
        query.execute(&mut *connection).await?;
    }
    if matches!(kind, Kind::User | Kind::Token) {
        let query = sqlx::query("DELETE FROM proof WHERE kind = $1 AND name = $2");
        query.bind(kind.name()).bind(name).execute(connection).await?;
    }
    Ok(())
}

async fn insert(
    connection: &mut PgConnection,
    name: &str,
    resource: &Resource,
    version: i64,
) -> Result<(), StoreError> {
    let kind = resource.spec.kind();
    let unwritable = |error| unreadable(&format!("{kind}/{name}"), error);
    let labels = serde_json::to_string(&resource.labels).map_err(unwritable)?;
    let spec = resource.spec.to_json().map_err(unwritable)?;
    let sql = "INSERT INTO resource (kind, name, labels, spec, version) VALUES ($1, $2, \
               CAST($3 AS json), CAST($4 AS json), $5)";
    sqlx::query(sql)
        .bind(kind.name())
        .bind(name)
        .bind(labels)
        .bind(spec.to_string())
        .bind(version)
        .execute(&mut *connection)
        .await?;
    if let Some(proof) = resource.spec.proof() {
        sqlx::query("INSERT INTO proof (kind, name, proof) VALUES ($1, $2, $3)")
            .bind(kind.name())
            .bind(name)
            .bind(&proof.0)
            .execute(&mut *connection)
            .await?;
    }
    match &resource.spec {
        Spec::Credential(credential) if credential.kind() == CredentialKind::Secret => {
            insert_verifier(connection, name, credential).await
        }
        _ => Ok(()),
    }
}

async fn insert_verifier(
    connection: &mut PgConnection,
    name: &str,
    credential: &Credential,
) -> Result<(), StoreError> {
    let verifier = &credential.verifier;
    let sql = "INSERT INTO verifier VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let mut query = sqlx::query(sql).bind(name).bind(verifier.sha256.as_slice());
    for keys in [&verifier.scram_sha256, &verifier.scram_sha512] {
        query = query
            .bind(keys.salt.as_slice())
            .bind(i64::from(keys.iterations))
            .bind(keys.stored_key.as_slice())
            .bind(keys.server_key.as_slice());
    }
    query.execute(connection).await?;
    Ok(())
}

fn verifier(row: &PgRow) -> Result<Verifier, StoreError> {
    let wrong = || unreadable("a verifier", "a number or a length in it is wrong");
    let keys = |salt, iterations, stored, server| -> Result<ScramKeys, StoreError> {
        let iterations: i64 = row.try_get(iterations)?;
        Ok(ScramKeys {
            salt: row.try_get(salt)?,
            iterations: iterations.try_into().map_err(|_| wrong())?,
            stored_key: row.try_get(stored)?,
            server_key: row.try_get(server)?,
        })
    };
    let sha256: Vec<u8> = row.try_get("sha256")?;
    Ok(Verifier {
        sha256: sha256.try_into().map_err(|_| wrong())?,
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

/// PostgreSQL's integers are signed.
pub(super) fn signed(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| unreadable("a version", "it is too large"))
}

pub(super) fn unsigned(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| unreadable("a version", "it is below 0"))
}
