-- name: passkeys_find
-- input: credential bytea
SELECT
    passkeys.credential,
    passkeys.owner_id,
    passkeys.name,
    passkeys.public_key,
    passkeys.sign_count,
    passkeys.added_at_us,
    passkeys.used_at_us,
    passkeys.removed_at_us,
    passkeys.confirms_at_us
FROM input
INNER JOIN passkeys ON passkeys.credential = input.credential;

-- name: passkeys_insert
-- input: credential bytea, owner_id bigint, name text, public_key bytea, sign_count bigint, added_at_us bigint, used_at_us bigint, removed_at_us bigint, confirms_at_us bigint
INSERT INTO passkeys (
    credential,
    owner_id,
    name,
    public_key,
    sign_count,
    added_at_us,
    used_at_us,
    removed_at_us,
    confirms_at_us
)
SELECT
    credential,
    owner_id,
    name,
    public_key,
    sign_count,
    added_at_us,
    used_at_us,
    removed_at_us,
    confirms_at_us
FROM input;

-- name: passkeys_update
-- input: credential bytea, name text, sign_count bigint, used_at_us bigint, removed_at_us bigint, confirms_at_us bigint, expected_sign_count bigint, expected_used_at_us bigint, expected_removed_at_us bigint, expected_confirms_at_us bigint
-- guarded: yes
UPDATE passkeys
SET
    name = input.name,
    sign_count = input.sign_count,
    used_at_us = input.used_at_us,
    removed_at_us = input.removed_at_us,
    confirms_at_us = input.confirms_at_us
FROM input
WHERE
    passkeys.credential = input.credential
    AND passkeys.sign_count = input.expected_sign_count
    AND passkeys.used_at_us = input.expected_used_at_us
    AND passkeys.removed_at_us = input.expected_removed_at_us
    AND passkeys.confirms_at_us = input.expected_confirms_at_us;

-- name: passkey_named
SELECT
    credential,
    owner_id,
    name,
    public_key,
    sign_count,
    added_at_us,
    used_at_us,
    removed_at_us,
    confirms_at_us
FROM passkeys
WHERE credential = :token;

-- name: passkeys_of_owner
-- Those that are accepted, the newest first.
SELECT
    credential,
    owner_id,
    name,
    public_key,
    sign_count,
    added_at_us,
    used_at_us,
    removed_at_us,
    confirms_at_us
FROM passkeys
WHERE owner_id = :owner_id AND removed_at_us = 0
ORDER BY added_at_us DESC, credential ASC;
