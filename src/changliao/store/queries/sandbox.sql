-- name: sandbox_rules_find
-- input: merchant_id bigint, kind integer
SELECT
    sandbox_rules.merchant_id,
    sandbox_rules.kind,
    sandbox_rules.body
FROM input
INNER JOIN sandbox_rules
    ON
        sandbox_rules.merchant_id = input.merchant_id
        AND sandbox_rules.kind = input.kind;

-- name: sandbox_rules_insert
-- input: merchant_id bigint, kind integer, body bytea
INSERT INTO sandbox_rules (merchant_id, kind, body)
SELECT merchant_id, kind, body
FROM input;

-- name: sandbox_rules_update
-- input: merchant_id bigint, kind integer, body bytea, expected_body bytea
-- guarded: yes
UPDATE sandbox_rules
SET body = input.body
FROM input
WHERE
    sandbox_rules.merchant_id = input.merchant_id
    AND sandbox_rules.kind = input.kind
    AND sandbox_rules.body = input.expected_body;

-- name: sandbox_rule
SELECT
    merchant_id,
    kind,
    body
FROM sandbox_rules
WHERE merchant_id = :merchant_id AND kind = :kind;

-- name: sandbox_requests_insert
-- input: request_id bigint, merchant_id bigint, record bytea
INSERT INTO sandbox_requests (request_id, merchant_id, record)
SELECT request_id, merchant_id, record
FROM input;

-- name: sandbox_requests_delete
-- input: request_id bigint, merchant_id bigint
DELETE FROM sandbox_requests
WHERE (request_id, merchant_id) IN (
    SELECT
        request_id,
        merchant_id
    FROM input
);

-- name: sandbox_requests_oldest
SELECT
    request_id,
    merchant_id
FROM sandbox_requests
ORDER BY request_id
LIMIT :most;

-- name: sandbox_requests_count
SELECT COUNT(*)
FROM sandbox_requests;

-- name: sandbox_requests_after
SELECT
    request_id,
    merchant_id,
    record
FROM sandbox_requests
WHERE request_id > :after AND (merchant_id = :merchant_id OR :merchant_id = 0)
ORDER BY request_id
LIMIT :most;

-- name: sandbox_requests_latest
SELECT
    request_id,
    merchant_id,
    record
FROM sandbox_requests
WHERE merchant_id = :merchant_id OR :merchant_id = 0
ORDER BY request_id DESC
LIMIT :most;
