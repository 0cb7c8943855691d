-- What subscribers did not get, or not as it was, per minute.

ALTER TABLE usage ADD COLUMN withheld         INTEGER NOT NULL DEFAULT 0; -- records
ALTER TABLE usage ADD COLUMN filtered         INTEGER NOT NULL DEFAULT 0; -- records
ALTER TABLE usage ADD COLUMN redacted         INTEGER NOT NULL DEFAULT 0; -- records, delivered
ALTER TABLE usage ADD COLUMN throttled_millis INTEGER NOT NULL DEFAULT 0;
