-- An index on numbers alone: see docs/decisions/0103.
-- name: orders_by_any_reference
SELECT
    merchant_id,
    order_id
FROM orders
WHERE reference = :reference
ORDER BY order_id DESC
LIMIT :most;

-- name: refunds_by_any_reference
SELECT
    merchant_id,
    order_id
FROM refunds
WHERE reference = :reference
ORDER BY order_id DESC
LIMIT :most;
