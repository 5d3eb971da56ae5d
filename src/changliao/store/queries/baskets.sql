-- name: baskets_find
-- input: basket_id bigint, merchant_id bigint
SELECT
    baskets.basket_id,
    baskets.merchant_id,
    baskets.reference,
    baskets.amount,
    baskets.currency,
    baskets.digest,
    baskets.members
FROM input
INNER JOIN baskets
    ON
        baskets.basket_id = input.basket_id
        AND baskets.merchant_id = input.merchant_id;

-- name: baskets_find_by_reference
-- input: merchant_id bigint, reference text
SELECT
    baskets.basket_id,
    baskets.merchant_id,
    baskets.reference,
    baskets.amount,
    baskets.currency,
    baskets.digest,
    baskets.members
FROM input
INNER JOIN baskets
    ON
        baskets.merchant_id = input.merchant_id
        AND baskets.reference = input.reference;

-- name: baskets_insert
-- input: basket_id bigint, merchant_id bigint, reference text, amount bigint, currency integer, digest bytea, members bytea
INSERT INTO baskets (basket_id, merchant_id, reference, amount, currency, digest, members)
SELECT basket_id, merchant_id, reference, amount, currency, digest, members
FROM input;
