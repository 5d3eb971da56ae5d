-- name: holdings_find
-- input: order_id bigint, merchant_id bigint
SELECT
    holdings.order_id,
    holdings.merchant_id,
    holdings.currency,
    holdings.amount,
    holdings.held,
    holdings.until_us,
    holdings.shared,
    holdings.released,
    holdings.refunded,
    holdings.requests,
    holdings.revision,
    holdings.state
FROM input
INNER JOIN holdings
    ON
        holdings.order_id = input.order_id
        AND holdings.merchant_id = input.merchant_id;

-- name: holdings_insert
-- input: order_id bigint, merchant_id bigint, currency integer, amount bigint, held bigint, until_us bigint, shared bigint, released bigint, refunded bigint, requests integer, revision integer, state integer
INSERT INTO holdings (
    order_id,
    merchant_id,
    currency,
    amount,
    held,
    until_us,
    shared,
    released,
    refunded,
    requests,
    revision,
    state
)
SELECT
    order_id,
    merchant_id,
    currency,
    amount,
    held,
    until_us,
    shared,
    released,
    refunded,
    requests,
    revision,
    state
FROM input;

-- name: holdings_update
-- input: order_id bigint, merchant_id bigint, held bigint, until_us bigint, shared bigint, released bigint, refunded bigint, requests integer, revision integer, state integer, expected_revision integer
-- guarded: yes
UPDATE holdings
SET
    held = input.held,
    until_us = input.until_us,
    shared = input.shared,
    released = input.released,
    refunded = input.refunded,
    requests = input.requests,
    revision = input.revision,
    state = input.state
FROM input
WHERE
    holdings.order_id = input.order_id
    AND holdings.merchant_id = input.merchant_id
    AND holdings.revision = input.expected_revision;

-- name: holding
SELECT
    order_id,
    merchant_id,
    currency,
    amount,
    held,
    until_us,
    shared,
    released,
    refunded,
    requests,
    revision,
    state
FROM holdings
WHERE merchant_id = :merchant_id AND order_id = :order_id;
