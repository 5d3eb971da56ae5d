-- name: order_with_terms
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
    orders.method,
    order_terms.title,
    order_terms.attach,
    order_terms.notify_url,
    order_terms.door,
    order_terms.details
FROM orders
INNER JOIN order_terms
    ON
        orders.order_id = order_terms.order_id
        AND orders.merchant_id = order_terms.merchant_id
WHERE orders.merchant_id = :merchant_id AND orders.order_id = :order_id;

-- name: order_by_reference
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
    orders.method,
    order_terms.title,
    order_terms.attach,
    order_terms.notify_url,
    order_terms.door,
    order_terms.details
FROM orders
INNER JOIN order_terms
    ON
        orders.order_id = order_terms.order_id
        AND orders.merchant_id = order_terms.merchant_id
WHERE
    orders.merchant_id = :merchant_id
    AND orders.partner_id = :partner_id
    AND orders.reference = :reference;

-- name: orders_of_merchant
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
    orders.method,
    order_terms.title,
    order_terms.attach,
    order_terms.notify_url,
    order_terms.door,
    order_terms.details
FROM orders
INNER JOIN order_terms
    ON
        orders.order_id = order_terms.order_id
        AND orders.merchant_id = order_terms.merchant_id
WHERE
    orders.merchant_id = :merchant_id
    AND orders.order_id < :before
    AND orders.order_id >= :made_from
    AND (:state = 0 OR orders.state = :state)
ORDER BY orders.order_id DESC
LIMIT :most;

-- name: refund_by_id
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
FROM refunds
WHERE merchant_id = :merchant_id AND refund_id = :refund_id;

-- name: refund_by_reference
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
FROM refunds
WHERE
    merchant_id = :merchant_id
    AND partner_id = :partner_id
    AND reference = :reference;

-- name: refunds_of_order
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
FROM refunds
WHERE merchant_id = :merchant_id AND order_id = :order_id
ORDER BY refund_id;

-- name: refunds_of_merchant
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
FROM refunds
WHERE
    merchant_id = :merchant_id
    AND refund_id < :before
    AND refund_id >= :made_from
    AND (:state = 0 OR state = :state)
ORDER BY refund_id DESC
LIMIT :most;

-- name: payment_by_id
SELECT
    payment_id,
    merchant_id,
    order_id,
    payer_id,
    reason
FROM payments
WHERE payment_id = :payment_id AND merchant_id = :merchant_id;
