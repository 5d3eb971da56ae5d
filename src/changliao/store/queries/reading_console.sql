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
    'events' AS subject,
    COUNT(*) AS waiting
FROM events
WHERE state = 3;

-- name: console_since
-- What was placed since an id, by currency and state.
SELECT
    currency,
    state,
    CAST(COUNT(*) AS BIGINT) AS orders,
    CAST(SUM(amount) AS BIGINT) AS amount,
    CAST(SUM(refunded) AS BIGINT) AS refunded
FROM orders
WHERE order_id >= :since
GROUP BY currency, state
ORDER BY currency, state;
