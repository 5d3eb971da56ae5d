-- name: refund_repairs_find
-- input: owner_id bigint, request_id bigint
SELECT
    refund_repairs.owner_id,
    refund_repairs.request_id,
    refund_repairs.merchant_id,
    refund_repairs.refund_id,
    refund_repairs.goal,
    refund_repairs.amount,
    refund_repairs.digest
FROM input
INNER JOIN refund_repairs
    ON
        refund_repairs.owner_id = input.owner_id
        AND refund_repairs.request_id = input.request_id;

-- name: refund_repairs_insert
-- input: owner_id bigint, request_id bigint, merchant_id bigint, refund_id bigint, goal integer, amount bigint, digest bytea
INSERT INTO refund_repairs (
    owner_id,
    request_id,
    merchant_id,
    refund_id,
    goal,
    amount,
    digest
)
SELECT
    owner_id,
    request_id,
    merchant_id,
    refund_id,
    goal,
    amount,
    digest
FROM input;

-- name: audit_repairs
SELECT
    owner_id,
    request_id,
    merchant_id,
    refund_id,
    goal,
    amount,
    digest
FROM refund_repairs
ORDER BY owner_id, request_id;

-- name: audit_refunds_by_channel
SELECT
    orders.payer_id,
    refunds.refund_id,
    refunds.request_id,
    refunds.amount,
    refunds.state
FROM refunds
INNER JOIN orders
    ON refunds.merchant_id = orders.merchant_id AND refunds.order_id = orders.order_id
WHERE orders.method <> ''
ORDER BY refunds.refund_id;
