-- name: journal_insert
-- input: node integer, number bigint, at_us bigint, first_leg bigint, last_leg bigint, transfers integer, hash bytea
INSERT INTO journal (node, number, at_us, first_leg, last_leg, transfers, hash)
SELECT node, number, at_us, first_leg, last_leg, transfers, hash
FROM input;

-- name: journal_head
SELECT
    number,
    last_leg,
    hash
FROM journal
WHERE node = :node
ORDER BY number DESC
LIMIT 1;
