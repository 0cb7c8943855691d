-- What happened, by whom and how much. Nothing here decides anything, and nothing bumps the snapshot.

-- Events and bytes that left (consume) or came (produce), per minute.
CREATE TABLE usage (
    minute       INTEGER NOT NULL, -- minutes since the epoch
    subscription TEXT    NOT NULL,
    credential   TEXT    NOT NULL,
    door         TEXT    NOT NULL,
    events       INTEGER NOT NULL,
    bytes        INTEGER NOT NULL,
    PRIMARY KEY (minute, subscription, credential, door)
) WITHOUT ROWID;
CREATE INDEX usage_by_subscription ON usage (subscription, minute);

-- Why somebody was refused, in words, per day.
CREATE TABLE refusal (
    day        INTEGER NOT NULL, -- days since the epoch
    credential TEXT    NOT NULL, -- '': none that is known
    endpoint   TEXT    NOT NULL, -- '': none that is known
    door       TEXT    NOT NULL,
    code       TEXT    NOT NULL,
    words      TEXT    NOT NULL,
    times      INTEGER NOT NULL,
    first_at   INTEGER NOT NULL, -- seconds since the epoch
    last_at    INTEGER NOT NULL,
    PRIMARY KEY (day, credential, endpoint, door, code, words)
) WITHOUT ROWID;
CREATE INDEX refusal_by_credential ON refusal (credential, last_at);

-- When a credential was last used.
CREATE TABLE last_use (
    credential TEXT    NOT NULL PRIMARY KEY,
    door       TEXT    NOT NULL,
    used_at    INTEGER NOT NULL
) WITHOUT ROWID;

-- Connections that are open or were open lately.
CREATE TABLE session (
    replica    TEXT    NOT NULL,
    number     INTEGER NOT NULL,
    credential TEXT    NOT NULL,
    door       TEXT    NOT NULL,
    peer       TEXT    NOT NULL,
    software   TEXT    NOT NULL,
    opened_at  INTEGER NOT NULL,
    closed_at  INTEGER,          -- NULL: open
    PRIMARY KEY (replica, number)
) WITHOUT ROWID;
CREATE INDEX session_by_credential ON session (credential, opened_at);

-- How far a group of a subscription is behind.
CREATE TABLE lag (
    subscription TEXT    NOT NULL,
    consumer     TEXT    NOT NULL, -- a group's name, as its members know it
    partition    INTEGER NOT NULL,
    committed    INTEGER NOT NULL,
    log_end      INTEGER NOT NULL,
    seen_at      INTEGER NOT NULL,
    PRIMARY KEY (subscription, consumer, partition)
) WITHOUT ROWID;

-- What each replica said of itself last.
CREATE TABLE replica (
    name     TEXT    NOT NULL PRIMARY KEY,
    problems TEXT    NOT NULL, -- '': healthy
    seen_at  INTEGER NOT NULL
) WITHOUT ROWID;
