-- name: payments_find
-- input: payment_id bigint, merchant_id bigint
SELECT
    payments.payment_id,
    payments.merchant_id,
    payments.order_id,
    payments.payer_id,
    payments.reason,
    payments.method_id,
    payments.terminal_id
FROM input
INNER JOIN payments
    ON
        payments.payment_id = input.payment_id
        AND payments.merchant_id = input.merchant_id;

-- name: payments_insert
-- input: payment_id bigint, merchant_id bigint, order_id bigint, payer_id bigint, reason text, method_id integer, terminal_id integer
INSERT INTO payments (
    payment_id, merchant_id, order_id, payer_id, reason, method_id, terminal_id
)
SELECT payment_id, merchant_id, order_id, payer_id, reason, method_id, terminal_id
FROM input;
