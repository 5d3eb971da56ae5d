-- name: keys_find
-- input: merchant_id bigint, serial text
SELECT
    keys.merchant_id,
    keys.serial,
    keys.kind,
    keys.material,
    keys.starts_at_us,
    keys.ends_at_us,
    keys.revoked_at_us,
    keys.member_id
FROM input
INNER JOIN keys ON keys.merchant_id = input.merchant_id AND keys.serial = input.serial;

-- name: keys_insert
-- input: merchant_id bigint, serial text, kind integer, material bytea, starts_at_us bigint, ends_at_us bigint, revoked_at_us bigint, member_id bigint
INSERT INTO keys (
    merchant_id, serial, kind, material, starts_at_us, ends_at_us, revoked_at_us, member_id
)
SELECT
    merchant_id,
    serial,
    kind,
    material,
    starts_at_us,
    ends_at_us,
    revoked_at_us,
    member_id
FROM input;

-- name: keys_update
-- input: merchant_id bigint, serial text, ends_at_us bigint, revoked_at_us bigint, expected_revoked_at_us bigint
-- guarded: yes
UPDATE keys
SET
    ends_at_us = input.ends_at_us,
    revoked_at_us = input.revoked_at_us
FROM input
WHERE
    keys.merchant_id = input.merchant_id
    AND keys.serial = input.serial
    AND keys.revoked_at_us = input.expected_revoked_at_us;

-- name: partnerships_find
-- input: partner_id bigint, merchant_id bigint
SELECT
    partnerships.partner_id,
    partnerships.merchant_id,
    partnerships.since_us
FROM input
INNER JOIN partnerships
    ON
        partnerships.partner_id = input.partner_id
        AND partnerships.merchant_id = input.merchant_id;

-- name: partnerships_insert
-- input: partner_id bigint, merchant_id bigint, since_us bigint
INSERT INTO partnerships (partner_id, merchant_id, since_us)
SELECT partner_id, merchant_id, since_us
FROM input;

-- name: platform_keys_insert
-- input: serial text, private_key bytea, certificate bytea, starts_at_us bigint, ends_at_us bigint, role text
INSERT INTO platform_keys (serial, private_key, certificate, starts_at_us, ends_at_us, role)
SELECT serial, private_key, certificate, starts_at_us, ends_at_us, role
FROM input;
