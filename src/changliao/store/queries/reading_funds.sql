-- name: refunds_latest
-- Of all merchants, newest first, with the currency and number of their orders.
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
    refunds.request_id,
    orders.currency,
    orders.reference AS order_reference
FROM refunds
INNER JOIN orders
    ON
        refunds.order_id = orders.order_id
        AND refunds.merchant_id = orders.merchant_id
WHERE refunds.refund_id < :before
ORDER BY refunds.refund_id DESC
LIMIT :most;

-- name: refunds_latest_of_merchant
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
    refunds.request_id,
    orders.currency,
    orders.reference AS order_reference
FROM refunds
INNER JOIN orders
    ON
        refunds.order_id = orders.order_id
        AND refunds.merchant_id = orders.merchant_id
WHERE refunds.merchant_id = :merchant_id AND refunds.refund_id < :before
ORDER BY refunds.refund_id DESC
LIMIT :most;

-- name: refunds_abnormal
-- Those that a channel declined; merchant 0 is any.
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
    refunds.request_id,
    orders.currency,
    orders.reference AS order_reference
FROM refunds
INNER JOIN orders
    ON
        refunds.order_id = orders.order_id
        AND refunds.merchant_id = orders.merchant_id
WHERE
    refunds.state = 4
    AND refunds.refund_id < :before
    AND (refunds.merchant_id = :merchant_id OR :merchant_id = 0)
ORDER BY refunds.refund_id DESC
LIMIT :most;

-- name: payouts_latest
-- Of all merchants, newest first.
SELECT
    merchant_id,
    payout_id,
    app_id,
    batch_id,
    reference,
    payee_id,
    amount,
    currency,
    digest,
    door,
    remark,
    notify_url,
    details,
    confirm_by_us,
    state,
    reason,
    finished_at_us
FROM payouts
WHERE payout_id < :before
ORDER BY payout_id DESC
LIMIT :most;

-- name: payouts_waiting_latest
-- Those that their payees have not confirmed yet.
SELECT
    merchant_id,
    payout_id,
    app_id,
    batch_id,
    reference,
    payee_id,
    amount,
    currency,
    digest,
    door,
    remark,
    notify_url,
    details,
    confirm_by_us,
    state,
    reason,
    finished_at_us
FROM payouts
WHERE state = 1 AND payout_id < :before
ORDER BY payout_id DESC
LIMIT :most;

-- name: budgets_latest
-- Of all owners, newest first.
SELECT
    owner_id,
    budget_id,
    name,
    kind,
    cap,
    currency,
    face,
    rate_bps,
    threshold,
    most_each,
    starts_at_us,
    ends_at_us,
    coupon_lives_us,
    funded,
    state
FROM budgets
WHERE budget_id < :before
ORDER BY budget_id DESC
LIMIT :most;
