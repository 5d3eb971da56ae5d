-- name: report_payments
-- Orders that were paid in these days, numbered from 1970-01-01 in Beijing. No order is paid before it
-- was placed, so its id bounds the scan on one side.
SELECT
    currency,
    CAST(COUNT(*) AS BIGINT) AS payment_count,
    CAST(SUM(amount) AS BIGINT) AS paid,
    CAST(SUM(fee) AS BIGINT) AS fees,
    (paid_at_us + 28800000000) / 86400000000 AS day_number
FROM orders
WHERE
    merchant_id = :merchant_id
    AND order_id < :made_before
    AND state = 2
    AND paid_at_us >= :from_us
    AND paid_at_us < :before_us
GROUP BY (paid_at_us + 28800000000) / 86400000000, currency;

-- name: report_refunds
SELECT
    orders.currency,
    CAST(COUNT(*) AS BIGINT) AS refund_count,
    CAST(SUM(refunds.amount) AS BIGINT) AS refunded,
    (refunds.finished_at_us + 28800000000) / 86400000000 AS day_number
FROM refunds
INNER JOIN orders
    ON refunds.order_id = orders.order_id AND refunds.merchant_id = orders.merchant_id
WHERE
    refunds.merchant_id = :merchant_id
    AND refunds.state = 2
    AND refunds.finished_at_us >= :from_us
    AND refunds.finished_at_us < :before_us
GROUP BY (refunds.finished_at_us + 28800000000) / 86400000000, orders.currency;

-- name: report_books
SELECT
    book,
    CAST(COUNT(*) AS BIGINT) AS account_count,
    CAST(SUM(credits_posted) - SUM(debits_posted) AS BIGINT) AS balance,
    CAST(SUM(debits_pending) AS BIGINT) AS reserved
FROM accounts
GROUP BY book
ORDER BY book;
