-- name: kept_answers_find
-- input: owner_id bigint, key text
SELECT
    kept_answers.owner_id,
    kept_answers.key,
    kept_answers.digest,
    kept_answers.status,
    kept_answers.body,
    kept_answers.kept_at_us
FROM input
INNER JOIN kept_answers
    ON kept_answers.owner_id = input.owner_id AND kept_answers.key = input.key;

-- name: kept_answers_insert
-- input: owner_id bigint, key text, digest bytea, status integer, body bytea, kept_at_us bigint
INSERT INTO kept_answers (owner_id, key, digest, status, body, kept_at_us)
SELECT owner_id, key, digest, status, body, kept_at_us
FROM input;

-- name: kept_answers_update
-- input: owner_id bigint, key text, digest bytea, status integer, body bytea, kept_at_us bigint, expected_kept_at_us bigint
-- guarded: yes
UPDATE kept_answers
SET
    digest = input.digest,
    status = input.status,
    body = input.body,
    kept_at_us = input.kept_at_us
FROM input
WHERE
    kept_answers.owner_id = input.owner_id
    AND kept_answers.key = input.key
    AND kept_answers.kept_at_us = input.expected_kept_at_us;

-- name: kept_answers_delete
-- input: owner_id bigint, key text, kept_at_us bigint
DELETE FROM kept_answers
WHERE (owner_id, key, kept_at_us) IN (
    SELECT
        owner_id,
        key,
        kept_at_us
    FROM input
);

-- name: kept_answer
SELECT
    owner_id,
    key,
    digest,
    status,
    body,
    kept_at_us
FROM kept_answers
WHERE owner_id = :owner_id AND key = :key;

-- name: kept_answers_old
SELECT
    owner_id,
    key,
    kept_at_us
FROM kept_answers
WHERE kept_at_us <= :before_us
ORDER BY kept_at_us
LIMIT :most;
