-- One row: the version of the whole catalog. Every change compares and raises it.
CREATE TABLE catalog (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO catalog (id, version) VALUES (1, 0);

-- Resources as they are exported: no secret, no verifier.
CREATE TABLE resource (
    kind    TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    labels  TEXT    NOT NULL,           -- JSON object
    spec    TEXT    NOT NULL,           -- JSON object
    version INTEGER NOT NULL,           -- of the catalog when this row last changed
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

-- Two endpoints never share an address, two live subscriptions never an application and endpoint:
-- validation says so in words, these say so whatever happens.
CREATE UNIQUE INDEX endpoint_address ON resource (
    coalesce(json_extract(spec, '$.address'), json_extract(spec, '$.topic'))
) WHERE kind = 'Endpoint';
CREATE UNIQUE INDEX live_subscription ON resource (
    json_extract(spec, '$.application'), json_extract(spec, '$.endpoint')
) WHERE kind = 'Subscription' AND json_extract(spec, '$.state') <> 'revoked';

-- What presented secrets are checked against.
CREATE TABLE verifier (
    credential              TEXT    NOT NULL PRIMARY KEY,
    sha256                  BLOB    NOT NULL,
    scram_sha256_salt       BLOB    NOT NULL,
    scram_sha256_iterations INTEGER NOT NULL,
    scram_sha256_stored     BLOB    NOT NULL,
    scram_sha256_server     BLOB    NOT NULL,
    scram_sha512_salt       BLOB    NOT NULL,
    scram_sha512_iterations INTEGER NOT NULL,
    scram_sha512_stored     BLOB    NOT NULL,
    scram_sha512_server     BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

-- Secrets of resources, sealed with the master key that has this id.
CREATE TABLE sealed (
    name       TEXT NOT NULL PRIMARY KEY,
    key_id     TEXT NOT NULL,
    nonce      BLOB NOT NULL,
    ciphertext BLOB NOT NULL
) STRICT, WITHOUT ROWID;
