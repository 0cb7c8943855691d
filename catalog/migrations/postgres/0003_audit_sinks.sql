-- How far the audit was sent to each sink, and who may send: one replica at a time.
CREATE TABLE audit_sink (
    name     text   NOT NULL PRIMARY KEY,
    position bigint NOT NULL,               -- the last record that was sent
    holder   text   NOT NULL,
    until    bigint NOT NULL                -- when the holder's right ends, in seconds since 1970
);
