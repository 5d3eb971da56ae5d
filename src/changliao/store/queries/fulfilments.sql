-- name: fulfilments_find
-- input: merchant_id bigint, order_id bigint, reference text
SELECT
    fulfilments.merchant_id,
    fulfilments.order_id,
    fulfilments.reference,
    fulfilments.kind,
    fulfilments.status,
    fulfilments.said_at_us
FROM input
INNER JOIN fulfilments
    ON
        fulfilments.merchant_id = input.merchant_id
        AND fulfilments.order_id = input.order_id
        AND fulfilments.reference = input.reference;

-- name: fulfilments_insert
-- input: merchant_id bigint, order_id bigint, reference text, kind text, status text, said_at_us bigint
INSERT INTO fulfilments (merchant_id, order_id, reference, kind, status, said_at_us)
SELECT
    merchant_id,
    order_id,
    reference,
    kind,
    status,
    said_at_us
FROM input;

-- name: fulfilments_of_order
SELECT
    merchant_id,
    order_id,
    reference,
    kind,
    status,
    said_at_us
FROM fulfilments
WHERE merchant_id = :merchant_id AND order_id = :order_id
ORDER BY said_at_us, reference
LIMIT :most;
