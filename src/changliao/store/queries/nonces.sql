-- name: nonces_find
-- input: owner_id bigint, digest bytea
SELECT
    nonces.owner_id,
    nonces.digest,
    nonces.message,
    nonces.seen_at_us
FROM input
INNER JOIN nonces ON nonces.owner_id = input.owner_id AND nonces.digest = input.digest;

-- name: nonces_insert
-- input: owner_id bigint, digest bytea, message bytea, seen_at_us bigint
INSERT INTO nonces (owner_id, digest, message, seen_at_us)
SELECT
    owner_id,
    digest,
    message,
    seen_at_us
FROM input;

-- name: nonces_delete
-- input: owner_id bigint, digest bytea
DELETE FROM nonces
WHERE (owner_id, digest) IN (
    SELECT
        owner_id,
        digest
    FROM input
);

-- name: nonces_old
SELECT
    owner_id,
    digest
FROM nonces
WHERE seen_at_us < :before_us
ORDER BY seen_at_us
LIMIT :most;
