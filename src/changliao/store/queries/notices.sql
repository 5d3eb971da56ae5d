-- name: notices_find
-- input: merchant_id bigint
SELECT
    notices.merchant_id,
    notices.notify_url
FROM input
INNER JOIN notices ON notices.merchant_id = input.merchant_id;

-- name: notices_insert
-- input: merchant_id bigint, notify_url text
INSERT INTO notices (merchant_id, notify_url)
SELECT
    merchant_id,
    notify_url
FROM input;

-- name: notices_update
-- input: merchant_id bigint, notify_url text, expected_notify_url text
-- guarded: yes
UPDATE notices
SET notify_url = input.notify_url
FROM input
WHERE
    notices.merchant_id = input.merchant_id
    AND notices.notify_url = input.expected_notify_url;

-- name: notices_of
SELECT
    merchant_id,
    notify_url
FROM notices
WHERE merchant_id = :merchant_id;
