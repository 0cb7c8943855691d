-- Two credentials never claim the same tokens or the same certificate: validation says so in words,
-- these say so whatever happens. Revoked credentials stay listed and claim nothing.
CREATE UNIQUE INDEX oauth_client ON resource (
    json_extract(spec, '$.oauth.issuer'),
    coalesce(json_extract(spec, '$.oauth.subject'), ''),
    coalesce(json_extract(spec, '$.oauth.claims'), '{}')
) WHERE kind = 'Credential' AND json_extract(spec, '$.oauth') IS NOT NULL
    AND NOT json_extract(spec, '$.revoked');
CREATE UNIQUE INDEX client_certificate ON resource (
    json_extract(spec, '$.certificate')
) WHERE kind = 'Credential' AND json_extract(spec, '$.certificate') IS NOT NULL
    AND NOT json_extract(spec, '$.revoked');
