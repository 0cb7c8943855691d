-- Subscriptions that were rejected or have expired are not live either: an application may ask again.
DROP INDEX live_subscription;
CREATE UNIQUE INDEX live_subscription ON resource (
    json_extract(spec, '$.application'), json_extract(spec, '$.endpoint')
) WHERE kind = 'Subscription'
    AND json_extract(spec, '$.state') IN ('pending', 'active', 'suspended');
