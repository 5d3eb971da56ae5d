-- name: console_waiting
-- What somebody has to look at, by kind; each is read from a small table or a partial index.
SELECT
    'stores' AS subject,
    COUNT(*) AS waiting
FROM stores
WHERE state = 1
UNION ALL
SELECT
    'drafts' AS subject,
    COUNT(*) AS waiting
FROM policy_drafts
WHERE state = 1
UNION ALL
SELECT
    'refunds' AS subject,
    COUNT(*) AS waiting
FROM refund_proposals
WHERE state = 1 AND organisation = 1
UNION ALL
SELECT
    'thresholds' AS subject,
    COUNT(*) AS waiting
FROM refund_thresholds
WHERE wanted_by <> '' AND organisation = 1
UNION ALL
SELECT
    'abnormal' AS subject,
    COUNT(*) AS waiting
FROM refunds
WHERE state = 4
UNION ALL
SELECT
    'risk_rules' AS subject,
    COUNT(*) AS waiting
FROM risk_rules
WHERE state = 1
UNION ALL
SELECT
    'disputes' AS subject,
    COUNT(*) AS waiting
FROM disputes
WHERE state = 1
UNION ALL
SELECT
    'mergers' AS subject,
    COUNT(*) AS waiting
FROM mergers
WHERE state = 1
UNION ALL
SELECT
    'differences' AS subject,
    COUNT(*) AS waiting
FROM channel_differences
WHERE state IN (1, 2)
UNION ALL
SELECT
    'events' AS subject,
    COUNT(*) AS waiting
FROM events
WHERE state = 3;

-- name: portal_waiting
-- What the members of a merchant have to look at, by kind.
SELECT
    'refunds' AS subject,
    COUNT(*) AS waiting
FROM refund_proposals
WHERE state = 1 AND organisation = :organisation
UNION ALL
SELECT
    'thresholds' AS subject,
    COUNT(*) AS waiting
FROM refund_thresholds
WHERE wanted_by <> '' AND organisation = :organisation;

-- name: placed_between
-- Orders that were made in a time, by currency.
SELECT
    currency,
    CAST(COUNT(*) AS BIGINT) AS orders
FROM orders
WHERE order_id >= :first AND order_id < :last
GROUP BY currency;

-- name: paid_between
-- Orders that were paid in a time, by currency.
SELECT
    orders.currency,
    CAST(COUNT(*) AS BIGINT) AS orders,
    CAST(SUM(orders.amount) AS BIGINT) AS amount
FROM payments
INNER JOIN orders
    ON
        payments.order_id = orders.order_id
        AND payments.merchant_id = orders.merchant_id
WHERE
    payments.payment_id >= :first
    AND payments.payment_id < :last
    AND payments.reason = ''
GROUP BY orders.currency;

-- name: refunded_between
-- What was asked back in a time, by currency of its order; not what was closed or went wrong.
SELECT
    orders.currency,
    CAST(SUM(refunds.amount) AS BIGINT) AS amount
FROM refunds
INNER JOIN orders
    ON
        refunds.order_id = orders.order_id
        AND refunds.merchant_id = orders.merchant_id
WHERE
    refunds.refund_id >= :first
    AND refunds.refund_id < :last
    AND refunds.state < 3
GROUP BY orders.currency;

-- name: orders_window
-- The order that so many newer ones come before.
SELECT order_id
FROM orders
WHERE order_id < :before AND order_id >= :made_from
ORDER BY order_id DESC
LIMIT 1 OFFSET :skipped;

-- name: orders_window_of_merchant
SELECT order_id
FROM orders
WHERE
    merchant_id = :merchant_id
    AND order_id < :before
    AND order_id >= :made_from
ORDER BY order_id DESC
LIMIT 1 OFFSET :skipped;

-- name: orders_latest
-- Of all merchants, newest first; state 0: in any state. Cut off before the join: a planner
-- thinks that few would be left to sort.
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
FROM (
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
    FROM orders
    WHERE
        order_id < :before
        AND order_id >= :made_from
        AND (:state = 0 OR state = :state)
    ORDER BY order_id DESC
    LIMIT :most
) AS orders
INNER JOIN order_terms
    ON
        orders.order_id = order_terms.order_id
        AND orders.merchant_id = order_terms.merchant_id
ORDER BY orders.order_id DESC;

-- name: order_of_anybody
SELECT
    merchant_id,
    order_id
FROM orders
WHERE order_id = :order_id;

-- name: orders_by_any_reference
-- No index leads from a number alone to its order: each merchant and provider is asked in turn.
SELECT
    orders.merchant_id,
    orders.order_id
FROM merchants
CROSS JOIN orders
WHERE
    orders.merchant_id = merchants.merchant_id
    AND orders.partner_id = 0
    AND orders.reference = :reference
UNION ALL
SELECT
    orders.merchant_id,
    orders.order_id
FROM partnerships
CROSS JOIN orders
WHERE
    orders.merchant_id = partnerships.merchant_id
    AND orders.partner_id = partnerships.partner_id
    AND orders.reference = :reference
ORDER BY order_id DESC
LIMIT :most;

-- name: refunds_by_any_reference
SELECT
    refunds.merchant_id,
    refunds.order_id
FROM merchants
CROSS JOIN refunds
WHERE
    refunds.merchant_id = merchants.merchant_id
    AND refunds.partner_id = 0
    AND refunds.reference = :reference
UNION ALL
SELECT
    refunds.merchant_id,
    refunds.order_id
FROM partnerships
CROSS JOIN refunds
WHERE
    refunds.merchant_id = partnerships.merchant_id
    AND refunds.partner_id = partnerships.partner_id
    AND refunds.reference = :reference
ORDER BY order_id DESC
LIMIT :most;

-- name: basket_of_anybody
SELECT merchant_id
FROM baskets
WHERE basket_id = :basket_id;

-- name: refund_of_anybody
SELECT
    merchant_id,
    order_id
FROM refunds
WHERE refund_id = :refund_id;

-- name: debits_of_cause
-- Legs rise with time, so the time a fact was made and ended bounds where its legs are.
SELECT
    leg_id,
    owner_id,
    book,
    amount,
    pending,
    other_owner_id,
    other_book,
    code,
    cause_id
FROM legs
WHERE leg_id >= :first AND leg_id < :last AND cause_id = :cause_id AND leg_id % 2 = 0
ORDER BY leg_id
LIMIT 200;

-- name: debit_by_id
SELECT
    leg_id,
    owner_id,
    book,
    amount,
    pending,
    other_owner_id,
    other_book,
    code,
    cause_id
FROM legs
WHERE leg_id = :leg_id;

-- name: events_given_up_latest
SELECT
    event_id,
    merchant_id,
    kind,
    subject_id,
    state,
    attempts,
    next_at_us
FROM events
WHERE state = 3 AND kind <> 3 AND event_id < :before
ORDER BY event_id DESC
LIMIT :most;

-- name: disputes_of_anybody
-- Newest first, from one id on; state 0: in any state.
SELECT
    merchant_id,
    dispute_id,
    order_id,
    payer_id,
    reason,
    state,
    refunded,
    decision,
    decided_by,
    ended_at_us
FROM disputes
WHERE
    dispute_id >= :first
    AND dispute_id < :before
    AND (state = :state OR :state = 0)
ORDER BY dispute_id DESC
LIMIT :most;

-- name: disputes_open_latest
-- An index holds these few alone.
SELECT
    merchant_id,
    dispute_id,
    order_id,
    payer_id,
    reason,
    state,
    refunded,
    decision,
    decided_by,
    ended_at_us
FROM disputes
WHERE state = 1 AND dispute_id < :before
ORDER BY dispute_id DESC
LIMIT :most;
