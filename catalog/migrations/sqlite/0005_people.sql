-- What passwords of users and API tokens are checked against.
CREATE TABLE proof (
    kind  TEXT NOT NULL,
    name  TEXT NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

-- Somebody at an identity provider is one user: validation says so in words, this says so whatever
-- happens.
CREATE UNIQUE INDEX user_login ON resource (
    json_extract(spec, '$.login.issuer'), json_extract(spec, '$.login.subject')
) WHERE kind = 'User' AND json_extract(spec, '$.login') IS NOT NULL;

-- What is kept for a while: sessions, logins that are under way.
CREATE TABLE kept (
    what    TEXT    NOT NULL,
    id      BLOB    NOT NULL,           -- SHA-256 of what the browser holds
    subject TEXT    NOT NULL,           -- whose it is
    data    TEXT    NOT NULL,           -- JSON
    ends    INTEGER NOT NULL,           -- seconds since 1970
    PRIMARY KEY (what, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_subject ON kept (what, subject);
CREATE INDEX kept_ends ON kept (ends);
