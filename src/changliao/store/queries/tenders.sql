-- name: tenders_find
-- input: payer_id bigint, payment_id bigint
SELECT
    tenders.payer_id,
    tenders.payment_id,
    tenders.merchant_id,
    tenders.order_id,
    tenders.method_id,
    tenders.terminal_id,
    tenders.state,
    tenders.reason
FROM input
INNER JOIN tenders
    ON
        tenders.payer_id = input.payer_id
        AND tenders.payment_id = input.payment_id;

-- name: tenders_insert
-- input: payer_id bigint, payment_id bigint, merchant_id bigint, order_id bigint, method_id integer, terminal_id integer, state integer, reason text
INSERT INTO tenders (
    payer_id, payment_id, merchant_id, order_id, method_id, terminal_id, state, reason
)
SELECT payer_id, payment_id, merchant_id, order_id, method_id, terminal_id, state, reason
FROM input;

-- name: tenders_update
-- input: payer_id bigint, payment_id bigint, state integer, reason text, expected_state integer
-- guarded: yes
UPDATE tenders
SET
    state = input.state,
    reason = input.reason
FROM input
WHERE
    tenders.payer_id = input.payer_id
    AND tenders.payment_id = input.payment_id
    AND tenders.state = input.expected_state;

-- name: tenders_of_order
-- Newest first.
SELECT
    payer_id,
    payment_id,
    merchant_id,
    order_id,
    method_id,
    terminal_id,
    state,
    reason
FROM tenders
WHERE payer_id = :payer_id AND order_id = :order_id
ORDER BY payment_id DESC
LIMIT 20;

-- name: tender_by_id
SELECT
    payer_id,
    payment_id,
    merchant_id,
    order_id,
    method_id,
    terminal_id,
    state,
    reason
FROM tenders
WHERE payer_id = :payer_id AND payment_id = :payment_id;

-- name: audit_tenders
SELECT
    payer_id,
    payment_id,
    merchant_id,
    order_id,
    method_id,
    terminal_id,
    state,
    reason
FROM tenders
ORDER BY payer_id, payment_id;

-- name: audit_orders_by_channel
SELECT
    payer_id,
    payment_id,
    amount,
    refunded
FROM orders
WHERE state = 2 AND method <> '';
