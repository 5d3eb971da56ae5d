-- name: pay_codes_find
-- input: code bigint
SELECT
    pay_codes.code,
    pay_codes.user_id,
    pay_codes.expires_at_us,
    pay_codes.merchant_id,
    pay_codes.order_id
FROM input
INNER JOIN pay_codes ON pay_codes.code = input.code;

-- name: pay_codes_insert
-- input: code bigint, user_id bigint, expires_at_us bigint, merchant_id bigint, order_id bigint
INSERT INTO pay_codes (code, user_id, expires_at_us, merchant_id, order_id)
SELECT code, user_id, expires_at_us, merchant_id, order_id
FROM input;

-- name: pay_codes_update
-- input: code bigint, merchant_id bigint, order_id bigint, expected_order_id bigint
-- guarded: yes
UPDATE pay_codes
SET
    merchant_id = input.merchant_id,
    order_id = input.order_id
FROM input
WHERE
    pay_codes.code = input.code
    AND pay_codes.order_id = input.expected_order_id;

-- name: pay_codes_delete
-- input: code bigint
DELETE FROM pay_codes
WHERE (code) IN (
    SELECT code FROM input
);
