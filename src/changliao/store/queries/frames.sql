-- name: frame_origins_find
-- input: merchant_id bigint
SELECT
    frame_origins.merchant_id,
    frame_origins.origins,
    frame_origins.revision
FROM input
INNER JOIN frame_origins ON frame_origins.merchant_id = input.merchant_id;

-- name: frame_origins_insert
-- input: merchant_id bigint, origins text, revision integer
INSERT INTO frame_origins (merchant_id, origins, revision)
SELECT
    merchant_id,
    origins,
    revision
FROM input;

-- name: frame_origins_update
-- input: merchant_id bigint, origins text, revision integer, expected_revision integer
-- guarded: yes
UPDATE frame_origins
SET
    origins = input.origins,
    revision = input.revision
FROM input
WHERE
    frame_origins.merchant_id = input.merchant_id
    AND frame_origins.revision = input.expected_revision;
