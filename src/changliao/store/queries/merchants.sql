-- name: merchants_find
-- input: merchant_id bigint
SELECT
    merchants.merchant_id,
    merchants.number,
    merchants.name,
    merchants.fee_bps,
    merchants.api_key,
    merchants.created_at_us,
    merchants.state,
    merchants.signing_mode
FROM input
INNER JOIN merchants ON merchants.merchant_id = input.merchant_id;

-- name: merchants_find_by_number
-- input: number text
SELECT
    merchants.merchant_id,
    merchants.number,
    merchants.name,
    merchants.fee_bps,
    merchants.api_key,
    merchants.created_at_us,
    merchants.state,
    merchants.signing_mode
FROM input
INNER JOIN merchants ON merchants.number = input.number;

-- name: merchants_insert
-- input: merchant_id bigint, number text, name text, fee_bps integer, api_key bytea, created_at_us bigint, state integer, signing_mode integer
INSERT INTO merchants (
    merchant_id,
    number,
    name,
    fee_bps,
    api_key,
    created_at_us,
    state,
    signing_mode
)
SELECT merchant_id, number, name, fee_bps, api_key, created_at_us, state, signing_mode
FROM input;

-- name: merchants_update
-- input: merchant_id bigint, name text, fee_bps integer, api_key bytea, state integer, signing_mode integer, expected_state integer
-- guarded: yes
UPDATE merchants
SET
    name = input.name,
    fee_bps = input.fee_bps,
    api_key = input.api_key,
    state = input.state,
    signing_mode = input.signing_mode
FROM input
WHERE merchants.merchant_id = input.merchant_id AND merchants.state = input.expected_state;

-- name: apps_find
-- input: app_id bigint
SELECT
    apps.app_id,
    apps.number,
    apps.merchant_id,
    apps.name
FROM input
INNER JOIN apps ON apps.app_id = input.app_id;

-- name: apps_find_by_number
-- input: number text
SELECT
    apps.app_id,
    apps.number,
    apps.merchant_id,
    apps.name
FROM input
INNER JOIN apps ON apps.number = input.number;

-- name: apps_insert
-- input: app_id bigint, number text, merchant_id bigint, name text
INSERT INTO apps (app_id, number, merchant_id, name)
SELECT app_id, number, merchant_id, name
FROM input;
