-- name: spent_codes_find
-- input: owner_id bigint, digest bytea
SELECT
    spent_codes.owner_id,
    spent_codes.digest,
    spent_codes.spent_at_us
FROM input
INNER JOIN spent_codes
    ON spent_codes.owner_id = input.owner_id AND spent_codes.digest = input.digest;

-- name: spent_codes_insert
-- input: owner_id bigint, digest bytea, spent_at_us bigint
INSERT INTO spent_codes (owner_id, digest, spent_at_us)
SELECT owner_id, digest, spent_at_us
FROM input;

-- name: hold_terms_find
-- input: merchant_id bigint, order_id bigint
SELECT
    hold_terms.merchant_id,
    hold_terms.order_id,
    hold_terms.days
FROM input
INNER JOIN hold_terms
    ON
        hold_terms.merchant_id = input.merchant_id
        AND hold_terms.order_id = input.order_id;

-- name: hold_terms_insert
-- input: merchant_id bigint, order_id bigint, days integer
INSERT INTO hold_terms (merchant_id, order_id, days)
SELECT merchant_id, order_id, days
FROM input;
