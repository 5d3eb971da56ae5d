-- name: refunds_find
-- input: merchant_id bigint, refund_id bigint
SELECT
    refunds.merchant_id,
    refunds.refund_id,
    refunds.partner_id,
    refunds.order_id,
    refunds.reference,
    refunds.amount,
    refunds.digest,
    refunds.notify_url,
    refunds.reason,
    refunds.state,
    refunds.finished_at_us,
    refunds.discount,
    refunds.request_id
FROM input
INNER JOIN refunds
    ON
        refunds.merchant_id = input.merchant_id
        AND refunds.refund_id = input.refund_id;

-- name: refunds_find_by_reference
-- input: merchant_id bigint, partner_id bigint, reference text
SELECT
    refunds.merchant_id,
    refunds.refund_id,
    refunds.partner_id,
    refunds.order_id,
    refunds.reference,
    refunds.amount,
    refunds.digest,
    refunds.notify_url,
    refunds.reason,
    refunds.state,
    refunds.finished_at_us,
    refunds.discount,
    refunds.request_id
FROM input
INNER JOIN refunds
    ON
        refunds.merchant_id = input.merchant_id
        AND refunds.partner_id = input.partner_id
        AND refunds.reference = input.reference;

-- name: refunds_insert
-- input: merchant_id bigint, refund_id bigint, partner_id bigint, order_id bigint, reference text, amount bigint, digest bytea, notify_url text, reason text, state integer, finished_at_us bigint, discount bigint, request_id bigint
INSERT INTO refunds (
    merchant_id,
    refund_id,
    partner_id,
    order_id,
    reference,
    amount,
    digest,
    notify_url,
    reason,
    state,
    finished_at_us,
    discount,
    request_id
)
SELECT
    merchant_id,
    refund_id,
    partner_id,
    order_id,
    reference,
    amount,
    digest,
    notify_url,
    reason,
    state,
    finished_at_us,
    discount,
    request_id
FROM input;

-- name: refunds_update
-- input: merchant_id bigint, refund_id bigint, state integer, finished_at_us bigint, request_id bigint, expected_state integer, expected_request_id bigint
-- guarded: yes
UPDATE refunds
SET
    state = input.state,
    finished_at_us = input.finished_at_us,
    request_id = input.request_id
FROM input
WHERE
    refunds.merchant_id = input.merchant_id
    AND refunds.refund_id = input.refund_id
    AND refunds.state = input.expected_state
    AND refunds.request_id = input.expected_request_id;
