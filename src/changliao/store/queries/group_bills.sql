-- name: group_bills_find
-- input: payee_id bigint, bill_id bigint
SELECT
    group_bills.payee_id,
    group_bills.bill_id,
    group_bills.title,
    group_bills.amount,
    group_bills.currency,
    group_bills.shares,
    group_bills.ends_at_us,
    group_bills.paid,
    group_bills.collected,
    group_bills.state
FROM input
INNER JOIN group_bills
    ON
        group_bills.payee_id = input.payee_id
        AND group_bills.bill_id = input.bill_id;

-- name: group_bills_insert
-- input: payee_id bigint, bill_id bigint, title text, amount bigint, currency integer, shares integer, ends_at_us bigint, paid integer, collected bigint, state integer
INSERT INTO group_bills (
    payee_id,
    bill_id,
    title,
    amount,
    currency,
    shares,
    ends_at_us,
    paid,
    collected,
    state
)
SELECT
    payee_id,
    bill_id,
    title,
    amount,
    currency,
    shares,
    ends_at_us,
    paid,
    collected,
    state
FROM input;

-- name: group_bills_update
-- input: payee_id bigint, bill_id bigint, paid integer, collected bigint, state integer, expected_paid integer, expected_state integer
-- guarded: yes
UPDATE group_bills
SET
    paid = input.paid,
    collected = input.collected,
    state = input.state
FROM input
WHERE
    group_bills.payee_id = input.payee_id
    AND group_bills.bill_id = input.bill_id
    AND group_bills.paid = input.expected_paid
    AND group_bills.state = input.expected_state;

-- name: group_shares_find
-- input: payee_id bigint, bill_id bigint, payer_id bigint
SELECT
    group_shares.payee_id,
    group_shares.bill_id,
    group_shares.payer_id,
    group_shares.share_id,
    group_shares.place,
    group_shares.amount
FROM input
INNER JOIN group_shares
    ON
        group_shares.payee_id = input.payee_id
        AND group_shares.bill_id = input.bill_id
        AND group_shares.payer_id = input.payer_id;

-- name: group_shares_insert
-- input: payee_id bigint, bill_id bigint, payer_id bigint, share_id bigint, place integer, amount bigint
INSERT INTO group_shares (
    payee_id,
    bill_id,
    payer_id,
    share_id,
    place,
    amount
)
SELECT
    payee_id,
    bill_id,
    payer_id,
    share_id,
    place,
    amount
FROM input;

-- name: group_bill_by_id
SELECT
    payee_id,
    bill_id,
    title,
    amount,
    currency,
    shares,
    ends_at_us,
    paid,
    collected,
    state
FROM group_bills
WHERE payee_id = :payee_id AND bill_id = :bill_id;

-- name: group_bills_of_payee
-- Newest first.
SELECT
    payee_id,
    bill_id,
    title,
    amount,
    currency,
    shares,
    ends_at_us,
    paid,
    collected,
    state
FROM group_bills
WHERE payee_id = :payee_id AND bill_id < :before
ORDER BY bill_id DESC
LIMIT :most;

-- name: shares_of_group_bill
-- In the order of paying.
SELECT
    payee_id,
    bill_id,
    payer_id,
    share_id,
    place,
    amount
FROM group_shares
WHERE payee_id = :payee_id AND bill_id = :bill_id
ORDER BY place;

-- name: audit_group_bills
SELECT
    payee_id,
    bill_id,
    title,
    amount,
    currency,
    shares,
    ends_at_us,
    paid,
    collected,
    state
FROM group_bills
ORDER BY payee_id, bill_id;

-- name: audit_group_shares
SELECT
    payee_id,
    bill_id,
    payer_id,
    share_id,
    place,
    amount
FROM group_shares
ORDER BY payee_id, bill_id, place;
