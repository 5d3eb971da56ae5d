-- name: escrows_latest
-- Newest first; a zero is no filter. Stages are those of core/holds.py.
-- Holdings are cut off before they are joined: a planner thinks that few would be left to sort.
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
    holdings.state,
    orders.hold,
    orders.partner_id,
    orders.reference,
    (
        SELECT COALESCE(MAX(disputes.dispute_id), 0)
        FROM disputes
        WHERE
            disputes.merchant_id = holdings.merchant_id
            AND disputes.order_id = holdings.order_id
    ) AS dispute_id
FROM (
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
    WHERE
        order_id < :before
        AND order_id >= :made_from
        AND (
            :stage = 0
            OR (:stage = 1 AND state = 1 AND held > 0)
            OR (:stage = 2 AND state = 3)
            OR (
                :stage = 3
                AND state IN (1, 2)
                AND held = 0
                AND released + shared > 0
            )
            OR (
                :stage = 4
                AND state IN (1, 2)
                AND held = 0
                AND released + shared = 0
            )
        )
        AND until_us < :due_before
    ORDER BY order_id DESC
    LIMIT :looked
) AS holdings
INNER JOIN orders
    ON
        holdings.order_id = orders.order_id
        AND holdings.merchant_id = orders.merchant_id
WHERE
    (:platform_id = 0 OR orders.partner_id = :platform_id)
    AND (:hold = 0 OR orders.hold = :hold)
ORDER BY holdings.order_id DESC
LIMIT :most;

-- name: escrows_window
-- The holding that so many newer ones come before.
SELECT order_id
FROM holdings
WHERE order_id < :before
ORDER BY order_id DESC
LIMIT 1 OFFSET :skipped;

-- name: escrows_of_merchant
-- Newest first, by way of the merchant's orders.
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
    holdings.state,
    orders.hold,
    orders.partner_id,
    orders.reference,
    (
        SELECT COALESCE(MAX(disputes.dispute_id), 0)
        FROM disputes
        WHERE
            disputes.merchant_id = holdings.merchant_id
            AND disputes.order_id = holdings.order_id
    ) AS dispute_id
FROM orders
CROSS JOIN holdings
WHERE
    holdings.order_id = orders.order_id
    AND holdings.merchant_id = orders.merchant_id
    AND orders.merchant_id = :merchant_id
    AND orders.order_id < :before
    AND orders.order_id >= :made_from
    AND (:platform_id = 0 OR orders.partner_id = :platform_id)
    AND (:hold = 0 OR orders.hold = :hold)
    AND (
        :stage = 0
        OR (:stage = 1 AND holdings.state = 1 AND holdings.held > 0)
        OR (:stage = 2 AND holdings.state = 3)
        OR (
            :stage = 3
            AND holdings.state IN (1, 2)
            AND holdings.held = 0
            AND holdings.released + holdings.shared > 0
        )
        OR (
            :stage = 4
            AND holdings.state IN (1, 2)
            AND holdings.held = 0
            AND holdings.released + holdings.shared = 0
        )
    )
    AND holdings.until_us < :due_before
ORDER BY orders.order_id DESC
LIMIT :most;

-- name: escrows_disputed
-- Newest first. An index holds these few alone.
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
    holdings.state,
    orders.hold,
    orders.partner_id,
    orders.reference,
    (
        SELECT COALESCE(MAX(disputes.dispute_id), 0)
        FROM disputes
        WHERE
            disputes.merchant_id = holdings.merchant_id
            AND disputes.order_id = holdings.order_id
    ) AS dispute_id
FROM holdings
INNER JOIN orders
    ON
        holdings.order_id = orders.order_id
        AND holdings.merchant_id = orders.merchant_id
WHERE
    holdings.state = 3
    AND holdings.order_id < :before
    AND (:platform_id = 0 OR orders.partner_id = :platform_id)
ORDER BY holdings.order_id DESC
LIMIT :most;

-- name: escrows_due
-- Those that wait, in the order in which their time comes: after one, and before another.
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
    holdings.state,
    orders.hold,
    orders.partner_id,
    orders.reference,
    (
        SELECT COALESCE(MAX(disputes.dispute_id), 0)
        FROM disputes
        WHERE
            disputes.merchant_id = holdings.merchant_id
            AND disputes.order_id = holdings.order_id
    ) AS dispute_id
FROM (
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
    WHERE
        state = 1
        AND held > 0
        AND (until_us, order_id) > (:after_us, :after_id)
        AND (until_us, order_id) < (:before_us, :before_id)
    ORDER BY until_us, order_id
    LIMIT :looked
) AS holdings
INNER JOIN orders
    ON
        holdings.order_id = orders.order_id
        AND holdings.merchant_id = orders.merchant_id
WHERE
    (:platform_id = 0 OR orders.partner_id = :platform_id)
    AND (:hold = 0 OR orders.hold = :hold)
ORDER BY holdings.until_us, holdings.order_id
LIMIT :most;

-- name: escrows_due_window
SELECT
    until_us,
    order_id
FROM holdings
WHERE state = 1 AND held > 0 AND (until_us, order_id) > (:after_us, :after_id)
ORDER BY until_us, order_id
LIMIT 1 OFFSET :skipped;
