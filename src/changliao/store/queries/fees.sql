-- name: method_fees_find
-- input: merchant_id bigint, method_id integer
SELECT
    method_fees.merchant_id,
    method_fees.method_id,
    method_fees.fee_bps
FROM input
INNER JOIN method_fees
    ON
        method_fees.merchant_id = input.merchant_id
        AND method_fees.method_id = input.method_id;

-- name: method_fees_insert
-- input: merchant_id bigint, method_id integer, fee_bps integer
INSERT INTO method_fees (merchant_id, method_id, fee_bps)
SELECT
    merchant_id,
    method_id,
    fee_bps
FROM input;

-- name: method_fees_update
-- input: merchant_id bigint, method_id integer, fee_bps integer, expected_fee_bps integer
-- guarded: yes
UPDATE method_fees
SET fee_bps = input.fee_bps
FROM input
WHERE
    method_fees.merchant_id = input.merchant_id
    AND method_fees.method_id = input.method_id
    AND method_fees.fee_bps = input.expected_fee_bps;

-- name: method_fees_of_merchant
SELECT
    merchant_id,
    method_id,
    fee_bps
FROM method_fees
WHERE merchant_id = :merchant_id
ORDER BY method_id;
