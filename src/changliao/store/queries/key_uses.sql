-- name: key_uses_find
-- input: owner_id bigint, serial text
SELECT
    key_uses.owner_id,
    key_uses.serial,
    key_uses.used_at_us
FROM input
INNER JOIN key_uses ON key_uses.owner_id = input.owner_id AND key_uses.serial = input.serial;

-- name: key_uses_insert
-- input: owner_id bigint, serial text, used_at_us bigint
INSERT INTO key_uses (owner_id, serial, used_at_us)
SELECT
    owner_id,
    serial,
    used_at_us
FROM input;

-- name: key_uses_update
-- input: owner_id bigint, serial text, used_at_us bigint, expected_used_at_us bigint
-- guarded: yes
UPDATE key_uses
SET used_at_us = input.used_at_us
FROM input
WHERE
    key_uses.owner_id = input.owner_id
    AND key_uses.serial = input.serial
    AND key_uses.used_at_us = input.expected_used_at_us;

-- name: key_uses_of_owner
SELECT
    owner_id,
    serial,
    used_at_us
FROM key_uses
WHERE owner_id = :owner_id;
