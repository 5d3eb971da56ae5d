-- name: platforms_find
-- input: merchant_id bigint
SELECT
    platforms.merchant_id,
    platforms.name,
    platforms.created_at_us,
    platforms.heir_id,
    platforms.merger_id
FROM input
INNER JOIN platforms ON platforms.merchant_id = input.merchant_id;

-- name: platforms_insert
-- input: merchant_id bigint, name text, created_at_us bigint, heir_id bigint, merger_id bigint
INSERT INTO platforms (merchant_id, name, created_at_us, heir_id, merger_id)
SELECT merchant_id, name, created_at_us, heir_id, merger_id
FROM input;

-- name: platforms_update
-- input: merchant_id bigint, heir_id bigint, merger_id bigint, expected_heir_id bigint, expected_merger_id bigint
-- guarded: yes
UPDATE platforms
SET
    heir_id = input.heir_id,
    merger_id = input.merger_id
FROM input
WHERE
    platforms.merchant_id = input.merchant_id
    AND platforms.heir_id = input.expected_heir_id
    AND platforms.merger_id = input.expected_merger_id;

-- name: stores_find
-- input: platform_id bigint, merchant_id bigint
SELECT
    stores.platform_id,
    stores.merchant_id,
    stores.title,
    stores.mode,
    stores.applied_at_us,
    stores.commission_bps,
    stores.cuts,
    stores.days,
    stores.state,
    stores.reason,
    stores.decided_at_us,
    stores.earlier
FROM input
INNER JOIN stores
    ON stores.platform_id = input.platform_id AND stores.merchant_id = input.merchant_id;

-- name: stores_insert
-- input: platform_id bigint, merchant_id bigint, title text, mode integer, applied_at_us bigint, commission_bps integer, cuts bytea, days integer, state integer, reason text, decided_at_us bigint, earlier bytea
INSERT INTO stores (
    platform_id,
    merchant_id,
    title,
    mode,
    applied_at_us,
    commission_bps,
    cuts,
    days,
    state,
    reason,
    decided_at_us,
    earlier
)
SELECT
    platform_id,
    merchant_id,
    title,
    mode,
    applied_at_us,
    commission_bps,
    cuts,
    days,
    state,
    reason,
    decided_at_us,
    earlier
FROM input;

-- name: stores_update
-- input: platform_id bigint, merchant_id bigint, title text, mode integer, applied_at_us bigint, commission_bps integer, cuts bytea, days integer, state integer, reason text, decided_at_us bigint, earlier bytea, expected_state integer
-- guarded: yes
UPDATE stores
SET
    title = input.title,
    mode = input.mode,
    applied_at_us = input.applied_at_us,
    commission_bps = input.commission_bps,
    cuts = input.cuts,
    days = input.days,
    state = input.state,
    reason = input.reason,
    decided_at_us = input.decided_at_us,
    earlier = input.earlier
FROM input
WHERE
    stores.platform_id = input.platform_id
    AND stores.merchant_id = input.merchant_id
    AND stores.state = input.expected_state;

-- name: platforms_all
SELECT
    merchant_id,
    name,
    created_at_us,
    heir_id,
    merger_id
FROM platforms
ORDER BY merchant_id;

-- name: stores_of_platform
-- Of one platform (0: of all) and one merchant (0: of all).
SELECT
    platform_id,
    merchant_id,
    title,
    mode,
    applied_at_us,
    commission_bps,
    cuts,
    days,
    state,
    reason,
    decided_at_us,
    earlier
FROM stores
WHERE
    (platform_id = :platform_id OR :platform_id = 0)
    AND (merchant_id = :merchant_id OR :merchant_id = 0)
ORDER BY platform_id, merchant_id;

-- name: stores_to_move
-- Those of a platform that are not over.
SELECT merchant_id
FROM stores
WHERE platform_id = :platform_id AND state IN (1, 2, 4)
ORDER BY merchant_id
LIMIT :most;

-- name: store_platforms_of_merchant
SELECT platform_id
FROM stores
WHERE merchant_id = :merchant_id AND state IN (1, 2, 4);
