-- One row: the version of the whole catalog. Every change locks, compares and raises it.
CREATE TABLE catalog (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    version BIGINT  NOT NULL
);
INSERT INTO catalog (id, version) VALUES (1, 0);

-- Resources as they are exported: no secret, no verifier. JSON, not JSONB: what people wrote keeps its
-- order.
CREATE TABLE resource (
    kind    TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    labels  JSON   NOT NULL,
    spec    JSON   NOT NULL,
    version BIGINT NOT NULL,            -- of the catalog when this row last changed
    PRIMARY KEY (kind, name)
);
CREATE INDEX resource_version ON resource (version);

-- Two endpoints never share an address, two live subscriptions never an application and endpoint:
-- validation says so in words, these say so whatever happens.
CREATE UNIQUE INDEX endpoint_address ON resource (coalesce(spec ->> 'address', spec ->> 'topic'))
    WHERE kind = 'Endpoint';
CREATE UNIQUE INDEX live_subscription ON resource ((spec ->> 'application'), (spec ->> 'endpoint'))
    WHERE kind = 'Subscription' AND (spec ->> 'state') IN ('pending', 'active', 'suspended');
CREATE UNIQUE INDEX oauth_client ON resource (
    (spec #>> '{oauth,issuer}'),
    coalesce(spec #>> '{oauth,subject}', ''),
    coalesce(spec #>> '{oauth,claims}', '{}')
) WHERE kind = 'Credential' AND (spec ->> 'oauth') IS NOT NULL AND (spec ->> 'revoked') = 'false';
CREATE UNIQUE INDEX client_certificate ON resource ((spec ->> 'certificate'))
    WHERE kind = 'Credential' AND (spec ->> 'certificate') IS NOT NULL
        AND (spec ->> 'revoked') = 'false';

-- Resources that are gone, so that a replica which was away learns of it.
CREATE TABLE gone (
    kind    TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    version BIGINT NOT NULL,            -- of the catalog when it went
    PRIMARY KEY (kind, name)
);
CREATE INDEX gone_version ON gone (version);

-- What presented secrets are checked against.
CREATE TABLE verifier (
    credential              TEXT   NOT NULL PRIMARY KEY,
    sha256                  BYTEA  NOT NULL,
    scram_sha256_salt       BYTEA  NOT NULL,
    scram_sha256_iterations BIGINT NOT NULL,
    scram_sha256_stored     BYTEA  NOT NULL,
    scram_sha256_server     BYTEA  NOT NULL,
    scram_sha512_salt       BYTEA  NOT NULL,
    scram_sha512_iterations BIGINT NOT NULL,
    scram_sha512_stored     BYTEA  NOT NULL,
    scram_sha512_server     BYTEA  NOT NULL
);

-- Secrets of resources, sealed with the master key that has this id.
CREATE TABLE sealed (
    name       TEXT  NOT NULL PRIMARY KEY,
    key_id     TEXT  NOT NULL,
    nonce      BYTEA NOT NULL,
    ciphertext BYTEA NOT NULL
);

-- Who did what. Events are kept byte for byte as they were hashed; indexes look into them.
CREATE TABLE audit (
    number BIGINT NOT NULL PRIMARY KEY, -- from 1, without gaps
    hash   BYTEA  NOT NULL,             -- SHA-256 over the hash before it, the number and the event
    event  JSON   NOT NULL              -- a CloudEvent
);
CREATE INDEX audit_subject ON audit ((event ->> 'subject') COLLATE "C", number);
CREATE INDEX audit_type ON audit ((event ->> 'type'), number);
CREATE INDEX audit_time ON audit ((event ->> 'time') COLLATE "C", number);

-- Signed statements of where the audit stood: the last of each thousand records, and the latest.
CREATE TABLE checkpoint (
    number    BIGINT NOT NULL PRIMARY KEY,
    hash      BYTEA  NOT NULL,
    at        TEXT   NOT NULL,
    key       TEXT   NOT NULL,
    signature TEXT   NOT NULL
);
