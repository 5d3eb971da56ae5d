-- name: disputes_find
-- input: merchant_id bigint, dispute_id bigint
SELECT
    disputes.merchant_id,
    disputes.dispute_id,
    disputes.order_id,
    disputes.payer_id,
    disputes.reason,
    disputes.state,
    disputes.refunded,
    disputes.decision,
    disputes.decided_by,
    disputes.ended_at_us
FROM input
INNER JOIN disputes
    ON disputes.merchant_id = input.merchant_id AND disputes.dispute_id = input.dispute_id;

-- name: disputes_insert
-- input: merchant_id bigint, dispute_id bigint, order_id bigint, payer_id bigint, reason text, state integer, refunded bigint, decision text, decided_by text, ended_at_us bigint
INSERT INTO disputes (
    merchant_id,
    dispute_id,
    order_id,
    payer_id,
    reason,
    state,
    refunded,
    decision,
    decided_by,
    ended_at_us
)
SELECT
    merchant_id,
    dispute_id,
    order_id,
    payer_id,
    reason,
    state,
    refunded,
    decision,
    decided_by,
    ended_at_us
FROM input;

-- name: disputes_update
-- input: merchant_id bigint, dispute_id bigint, state integer, refunded bigint, decision text, decided_by text, ended_at_us bigint, expected_state integer
-- guarded: yes
UPDATE disputes
SET
    state = input.state,
    refunded = input.refunded,
    decision = input.decision,
    decided_by = input.decided_by,
    ended_at_us = input.ended_at_us
FROM input
WHERE
    disputes.merchant_id = input.merchant_id
    AND disputes.dispute_id = input.dispute_id
    AND disputes.state = input.expected_state;

-- name: dispute_notes_find
-- input: merchant_id bigint, dispute_id bigint, note_id bigint
SELECT
    dispute_notes.merchant_id,
    dispute_notes.dispute_id,
    dispute_notes.note_id,
    dispute_notes.author,
    dispute_notes.body
FROM input
INNER JOIN dispute_notes
    ON
        dispute_notes.merchant_id = input.merchant_id
        AND dispute_notes.dispute_id = input.dispute_id
        AND dispute_notes.note_id = input.note_id;

-- name: dispute_notes_insert
-- input: merchant_id bigint, dispute_id bigint, note_id bigint, author text, body text
INSERT INTO dispute_notes (merchant_id, dispute_id, note_id, author, body)
SELECT merchant_id, dispute_id, note_id, author, body
FROM input;

-- name: dispute
SELECT
    merchant_id,
    dispute_id,
    order_id,
    payer_id,
    reason,
    state,
    refunded,
    decision,
    decided_by,
    ended_at_us
FROM disputes
WHERE merchant_id = :merchant_id AND dispute_id = :dispute_id;

-- name: disputes_of_merchant
-- Newest first; order_id 0: of all orders; state 0: in any state.
SELECT
    merchant_id,
    dispute_id,
    order_id,
    payer_id,
    reason,
    state,
    refunded,
    decision,
    decided_by,
    ended_at_us
FROM disputes
WHERE
    merchant_id = :merchant_id
    AND dispute_id < :before
    AND (order_id = :order_id OR :order_id = 0)
    AND (state = :state OR :state = 0)
ORDER BY dispute_id DESC
LIMIT :most;

-- name: notes_of_dispute
SELECT
    merchant_id,
    dispute_id,
    note_id,
    author,
    body
FROM dispute_notes
WHERE merchant_id = :merchant_id AND dispute_id = :dispute_id
ORDER BY note_id;

-- name: audit_disputed_holdings
-- How many holdings are frozen, and how many disputes are open.
SELECT
    (
        SELECT count(*)
        FROM holdings
        WHERE state = 3
    ) AS frozen,
    (
        SELECT count(*)
        FROM disputes
        WHERE state = 1
    ) AS still_open,
    (
        SELECT count(*)
        FROM disputes
        INNER JOIN holdings
            ON disputes.order_id = holdings.order_id AND disputes.merchant_id = holdings.merchant_id
        WHERE disputes.state = 1 AND holdings.state = 3
    ) AS both_say_so;
