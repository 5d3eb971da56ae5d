-- name: credentials_find
-- input: user_id bigint, kind integer
SELECT
    credentials.user_id,
    credentials.kind,
    credentials.hash,
    credentials.set_at_us,
    credentials.failures,
    credentials.locked_until_us,
    credentials.reset_at_us
FROM input
INNER JOIN credentials ON credentials.user_id = input.user_id AND credentials.kind = input.kind;

-- name: credentials_insert
-- input: user_id bigint, kind integer, hash text, set_at_us bigint, failures integer, locked_until_us bigint, reset_at_us bigint
INSERT INTO credentials (user_id, kind, hash, set_at_us, failures, locked_until_us, reset_at_us)
SELECT user_id, kind, hash, set_at_us, failures, locked_until_us, reset_at_us
FROM input;

-- name: credentials_update
-- input: user_id bigint, kind integer, hash text, set_at_us bigint, failures integer, locked_until_us bigint, reset_at_us bigint, expected_set_at_us bigint, expected_failures integer, expected_reset_at_us bigint
-- guarded: yes
UPDATE credentials
SET
    hash = input.hash,
    set_at_us = input.set_at_us,
    failures = input.failures,
    locked_until_us = input.locked_until_us,
    reset_at_us = input.reset_at_us
FROM input
WHERE
    credentials.user_id = input.user_id
    AND credentials.kind = input.kind
    AND credentials.set_at_us = input.expected_set_at_us
    AND credentials.failures = input.expected_failures
    AND credentials.reset_at_us = input.expected_reset_at_us;
