-- Who did what. Events are kept byte for byte as they were hashed; indexes look into them.
CREATE TABLE audit (
    number INTEGER NOT NULL PRIMARY KEY,    -- from 1, without gaps
    hash   BLOB    NOT NULL,                -- SHA-256 over the hash before it, the number and the event
    event  TEXT    NOT NULL                 -- a CloudEvent
) STRICT;
CREATE INDEX audit_subject ON audit (json_extract(event, '$.subject'), number);
CREATE INDEX audit_type ON audit (json_extract(event, '$.type'), number);
CREATE INDEX audit_time ON audit (json_extract(event, '$.time'), number);

-- Signed statements of where the audit stood: the last of each thousand records, and the latest.
CREATE TABLE checkpoint (
    number    INTEGER NOT NULL PRIMARY KEY,
    hash      BLOB    NOT NULL,
    at        TEXT    NOT NULL,
    key       TEXT    NOT NULL,
    signature TEXT    NOT NULL
) STRICT;
