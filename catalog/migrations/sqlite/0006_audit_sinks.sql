-- How far the audit was sent to each sink, and who may send: one process at a time.
CREATE TABLE audit_sink (
    name     TEXT    NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL,              -- the last record that was sent
    holder   TEXT    NOT NULL,
    until    INTEGER NOT NULL               -- when the holder's right ends, in seconds since 1970
) STRICT;
