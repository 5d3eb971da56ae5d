-- name: orders_find
-- input: merchant_id bigint, order_id bigint
SELECT
    orders.merchant_id,
    orders.order_id,
    orders.partner_id,
    orders.app_id,
    orders.reference,
    orders.amount,
    orders.currency,
    orders.scene,
    orders.expires_at_us,
    orders.fee_bps,
    orders.digest,
    orders.notifies,
    orders.state,
    orders.issue,
    orders.payer_id,
    orders.payment_id,
    orders.paid_at_us,
    orders.fee,
    orders.refunded,
    orders.refunds,
    orders.fee_returned,
    orders.hold,
    orders.basket_id,
    orders.discount,
    orders.method
FROM input
INNER JOIN orders ON orders.merchant_id = input.merchant_id AND orders.order_id = input.order_id;

-- name: orders_find_by_reference
-- input: merchant_id bigint, partner_id bigint, reference text
SELECT
    orders.merchant_id,
    orders.order_id,
    orders.partner_id,
    orders.app_id,
    orders.reference,
    orders.amount,
    orders.currency,
    orders.scene,
    orders.expires_at_us,
    orders.fee_bps,
    orders.digest,
    orders.notifies,
    orders.state,
    orders.issue,
    orders.payer_id,
    orders.payment_id,
    orders.paid_at_us,
    orders.fee,
    orders.refunded,
    orders.refunds,
    orders.fee_returned,
    orders.hold,
    orders.basket_id,
    orders.discount,
    orders.method
FROM input
INNER JOIN orders
    ON
        orders.merchant_id = input.merchant_id
        AND orders.partner_id = input.partner_id
        AND orders.reference = input.reference;

-- name: orders_insert
-- input: merchant_id bigint, order_id bigint, partner_id bigint, app_id bigint, reference text, amount bigint, currency integer, scene integer, expires_at_us bigint, fee_bps integer, digest bytea, notifies integer, state integer, issue integer, payer_id bigint, payment_id bigint, paid_at_us bigint, fee bigint, refunded bigint, refunds integer, fee_returned bigint, hold integer, basket_id bigint, discount bigint, method text
INSERT INTO orders (
    merchant_id,
    order_id,
    partner_id,
    app_id,
    reference,
    amount,
    currency,
    scene,
    expires_at_us,
    fee_bps,
    digest,
    notifies,
    state,
    issue,
    payer_id,
    payment_id,
    paid_at_us,
    fee,
    refunded,
    refunds,
    fee_returned,
    hold,
    basket_id,
    discount,
    method
)
SELECT
    merchant_id,
    order_id,
    partner_id,
    app_id,
    reference,
    amount,
    currency,
    scene,
    expires_at_us,
    fee_bps,
    digest,
    notifies,
    state,
    issue,
    payer_id,
    payment_id,
    paid_at_us,
    fee,
    refunded,
    refunds,
    fee_returned,
    hold,
    basket_id,
    discount,
    method
FROM input;

-- name: orders_update
-- input: merchant_id bigint, order_id bigint, state integer, issue integer, payer_id bigint, payment_id bigint, paid_at_us bigint, fee_bps integer, fee bigint, refunded bigint, refunds integer, fee_returned bigint, discount bigint, method text, expected_state integer, expected_issue integer, expected_payer_id bigint, expected_refunds integer
-- guarded: yes
UPDATE orders
SET
    state = input.state,
    issue = input.issue,
    payer_id = input.payer_id,
    payment_id = input.payment_id,
    paid_at_us = input.paid_at_us,
    fee_bps = input.fee_bps,
    fee = input.fee,
    refunded = input.refunded,
    refunds = input.refunds,
    fee_returned = input.fee_returned,
    discount = input.discount,
    method = input.method
FROM input
WHERE
    orders.merchant_id = input.merchant_id
    AND orders.order_id = input.order_id
    AND orders.state = input.expected_state
    AND orders.issue = input.expected_issue
    AND orders.payer_id = input.expected_payer_id
    AND orders.refunds = input.expected_refunds;

-- name: order_terms_find
-- input: order_id bigint, merchant_id bigint
SELECT
    order_terms.order_id,
    order_terms.merchant_id,
    order_terms.title,
    order_terms.attach,
    order_terms.notify_url,
    order_terms.door,
    order_terms.details
FROM input
INNER JOIN order_terms
    ON
        order_terms.order_id = input.order_id
        AND order_terms.merchant_id = input.merchant_id;

-- name: order_terms_insert
-- input: order_id bigint, merchant_id bigint, title text, attach text, notify_url text, door text, details bytea
INSERT INTO order_terms (order_id, merchant_id, title, attach, notify_url, door, details)
SELECT order_id, merchant_id, title, attach, notify_url, door, details
FROM input;
