-- name: mergers_find
-- input: merger_id bigint
SELECT
    mergers.merger_id,
    mergers.source_id,
    mergers.target_id,
    mergers.body
FROM input
INNER JOIN mergers ON mergers.merger_id = input.merger_id;

-- name: mergers_insert
-- input: merger_id bigint, source_id bigint, target_id bigint, body bytea, state integer, revision integer
INSERT INTO mergers (merger_id, source_id, target_id, body, state, revision)
SELECT merger_id, source_id, target_id, body, state, revision
FROM input;

-- name: mergers_update
-- input: merger_id bigint, body bytea, state integer, revision integer, expected_revision integer
-- guarded: yes
UPDATE mergers
SET
    body = input.body,
    state = input.state,
    revision = input.revision
FROM input
WHERE mergers.merger_id = input.merger_id AND mergers.revision = input.expected_revision;

-- name: mergers_latest
-- Of one platform (0: of all), either side.
SELECT
    merger_id,
    source_id,
    target_id,
    body
FROM mergers
WHERE source_id = :platform_id OR target_id = :platform_id OR :platform_id = 0
ORDER BY merger_id DESC;

-- name: merger_by_id
SELECT
    merger_id,
    source_id,
    target_id,
    body
FROM mergers
WHERE merger_id = :merger_id;

-- name: escrows_of_platform
-- What its orders, and those of its stores, still hold.
SELECT
    holdings.currency,
    count(*) AS holdings,
    sum(holdings.held) AS held
FROM holdings
INNER JOIN orders
    ON holdings.order_id = orders.order_id AND holdings.merchant_id = orders.merchant_id
WHERE
    (orders.merchant_id = :platform_id OR orders.partner_id = :platform_id)
    AND holdings.held > 0
GROUP BY holdings.currency
ORDER BY holdings.currency;

-- name: payers_of_platforms
-- How many people paid at one, at the other, and at both.
SELECT
    sum(at_source) AS of_source,
    sum(at_target) AS of_target,
    sum(at_source * at_target) AS of_both
FROM (
    SELECT
        payer_id,
        max(
            CASE WHEN merchant_id = :source_id OR partner_id = :source_id THEN 1 ELSE 0 END
        ) AS at_source,
        max(
            CASE WHEN merchant_id = :target_id OR partner_id = :target_id THEN 1 ELSE 0 END
        ) AS at_target
    FROM orders
    WHERE
        state = 2
        AND (
            merchant_id IN (:source_id, :target_id) OR partner_id IN (:source_id, :target_id)
        )
    GROUP BY payer_id
) AS people;

-- name: open_orders_of_platform
-- What its payers, and those of its stores, have still to pay.
SELECT
    currency,
    count(*) AS open_orders,
    sum(amount) AS total
FROM orders
WHERE
    (merchant_id = :platform_id OR partner_id = :platform_id)
    AND state = 1 AND expires_at_us > :now_us
GROUP BY currency
ORDER BY currency;

-- name: references_of_both
-- Order numbers that a store used on one platform and on the other.
SELECT count(*) AS both_sides
FROM stores
INNER JOIN orders AS one
    ON stores.merchant_id = one.merchant_id AND stores.platform_id = one.partner_id
INNER JOIN orders AS other
    ON
        one.merchant_id = other.merchant_id
        AND one.reference = other.reference
        AND other.partner_id = :target_id
WHERE stores.platform_id = :source_id;

-- name: loans_of_merger
-- What heirs lent to the source of a merger, by book.
SELECT
    book,
    count(*) AS loans,
    sum(amount) AS total
FROM legs
WHERE code = 25 AND cause_id = :merger_id AND leg_id % 2 = 0
GROUP BY book
ORDER BY book;
