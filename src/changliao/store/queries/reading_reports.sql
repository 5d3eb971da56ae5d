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

-- name: report_books_before
-- As they stood before a leg: what is there less what moved since, in one look.
SELECT
    book,
    CAST(SUM(account_count) AS BIGINT) AS account_count,
    CAST(SUM(balance) AS BIGINT) AS balance,
    CAST(SUM(reserved) AS BIGINT) AS reserved
FROM (
    SELECT
        book,
        COUNT(*) AS account_count,
        SUM(credits_posted) - SUM(debits_posted) AS balance,
        SUM(debits_pending) AS reserved
    FROM accounts
    GROUP BY book
    UNION ALL
    SELECT
        book,
        -SUM(CASE WHEN previous_leg = 0 THEN 1 ELSE 0 END) AS account_count,
        -SUM(CASE WHEN leg_id % 2 = 1 THEN amount ELSE -amount END) AS balance,
        -SUM(CASE WHEN leg_id % 2 = 1 THEN 0 ELSE pending END) AS reserved
    FROM legs
    WHERE leg_id >= :first
    GROUP BY book
) AS sums
GROUP BY book
ORDER BY book;

-- name: report_books_moved
-- What moved between two legs. An odd leg is a credit; only debits are reserved.
SELECT
    book,
    CAST(SUM(CASE WHEN previous_leg = 0 THEN 1 ELSE 0 END) AS BIGINT) AS account_count,
    CAST(SUM(CASE WHEN leg_id % 2 = 1 THEN amount ELSE -amount END) AS BIGINT) AS balance,
    CAST(SUM(CASE WHEN leg_id % 2 = 1 THEN 0 ELSE pending END) AS BIGINT) AS reserved
FROM legs
WHERE leg_id >= :first AND leg_id < :last
GROUP BY book
ORDER BY book;

-- name: report_books
SELECT
    book,
    CAST(COUNT(*) AS BIGINT) AS account_count,
    CAST(SUM(credits_posted) - SUM(debits_posted) AS BIGINT) AS balance,
    CAST(SUM(debits_pending) AS BIGINT) AS reserved
FROM accounts
GROUP BY book
ORDER BY book;

-- name: report_standing_before
-- What accounts held before a leg: owners from `named_below` on are one, as owner 0.
SELECT
    owner_id,
    book,
    CAST(SUM(balance) AS BIGINT) AS balance
FROM (
    SELECT
        book,
        CASE WHEN owner_id < :named_below THEN owner_id ELSE 0 END AS owner_id,
        credits_posted - debits_posted AS balance
    FROM accounts
    UNION ALL
    SELECT
        book,
        CASE WHEN owner_id < :named_below THEN owner_id ELSE 0 END AS owner_id,
        CASE WHEN leg_id % 2 = 1 THEN -amount ELSE amount END AS balance
    FROM legs
    WHERE leg_id >= :first
) AS sums
GROUP BY owner_id, book
ORDER BY book, owner_id;

-- name: report_moved
-- What moved between two legs, by reason and by who gave and who got it.
SELECT
    book,
    other_book,
    code,
    CAST(COUNT(*) AS BIGINT) AS transfer_count,
    CAST(SUM(amount) AS BIGINT) AS amount,
    CASE WHEN owner_id < :named_below THEN owner_id ELSE 0 END AS debit_owner_id,
    CASE WHEN other_owner_id < :named_below THEN other_owner_id ELSE 0 END AS credit_owner_id
FROM legs
WHERE leg_id >= :first AND leg_id < :last AND leg_id % 2 = 0 AND amount > 0
GROUP BY book, other_book, code, debit_owner_id, credit_owner_id
ORDER BY code, book, other_book, debit_owner_id, credit_owner_id;

-- name: report_transfers
-- In their order, by their debit legs.
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
WHERE leg_id >= :first AND leg_id < :last AND leg_id % 2 = 0 AND amount > 0
ORDER BY leg_id
LIMIT :most;

-- name: report_first_leg
SELECT leg_id
FROM legs
ORDER BY leg_id
LIMIT 1;

-- name: report_last_leg
SELECT leg_id
FROM legs
ORDER BY leg_id DESC
LIMIT 1;
