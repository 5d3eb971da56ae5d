-- name: accounts_find
-- input: owner_id bigint, book integer
SELECT
    accounts.owner_id,
    accounts.book,
    accounts.debits_posted,
    accounts.credits_posted,
    accounts.debits_pending,
    accounts.credits_pending,
    accounts.last_leg
FROM input
INNER JOIN accounts ON accounts.owner_id = input.owner_id AND accounts.book = input.book;

-- name: accounts_insert
-- input: owner_id bigint, book integer, debits_posted bigint, credits_posted bigint, debits_pending bigint, credits_pending bigint, floor bigint, last_leg bigint
INSERT INTO accounts (
    owner_id,
    book,
    debits_posted,
    credits_posted,
    debits_pending,
    credits_pending,
    floor,
    last_leg,
    previous_leg
)
SELECT
    owner_id,
    book,
    debits_posted,
    credits_posted,
    debits_pending,
    credits_pending,
    floor,
    last_leg,
    0 AS previous_leg
FROM input;

-- name: accounts_add
-- input: owner_id bigint, book integer, debits_posted bigint, credits_posted bigint, debits_pending bigint, credits_pending bigint, last_leg bigint, most_debits bigint
-- guarded: yes
-- returns: yes
UPDATE accounts
SET
    debits_posted = accounts.debits_posted + input.debits_posted,
    credits_posted = accounts.credits_posted + input.credits_posted,
    debits_pending = accounts.debits_pending + input.debits_pending,
    credits_pending = accounts.credits_pending + input.credits_pending,
    previous_leg = accounts.last_leg,
    last_leg = input.last_leg
FROM input
WHERE
    accounts.owner_id = input.owner_id
    AND accounts.book = input.book
    AND accounts.credits_posted + input.credits_posted
    - accounts.debits_posted - input.debits_posted
    - accounts.debits_pending - input.debits_pending >= accounts.floor
    AND accounts.debits_posted + input.debits_posted <= input.most_debits
RETURNING accounts.owner_id, accounts.book, accounts.previous_leg;

-- name: legs_insert
-- input: leg_id bigint, owner_id bigint, book integer, amount bigint, pending bigint, other_owner_id bigint, other_book integer, code integer, cause_id bigint, previous_leg bigint
INSERT INTO legs (
    leg_id,
    owner_id,
    book,
    amount,
    pending,
    other_owner_id,
    other_book,
    code,
    cause_id,
    previous_leg
)
SELECT
    leg_id,
    owner_id,
    book,
    amount,
    pending,
    other_owner_id,
    other_book,
    code,
    cause_id,
    previous_leg
FROM input;

-- name: pending_transfers_find
-- input: pending_id bigint, debit_owner_id bigint
SELECT
    pending_transfers.pending_id,
    pending_transfers.debit_owner_id,
    pending_transfers.debit_book,
    pending_transfers.credit_owner_id,
    pending_transfers.credit_book,
    pending_transfers.amount,
    pending_transfers.posted,
    pending_transfers.state,
    pending_transfers.expires_at_us
FROM input
INNER JOIN pending_transfers
    ON
        pending_transfers.pending_id = input.pending_id
        AND pending_transfers.debit_owner_id = input.debit_owner_id;

-- name: pending_transfers_insert
-- input: pending_id bigint, debit_owner_id bigint, debit_book integer, credit_owner_id bigint, credit_book integer, amount bigint, posted bigint, state integer, expires_at_us bigint
INSERT INTO pending_transfers (
    pending_id,
    debit_owner_id,
    debit_book,
    credit_owner_id,
    credit_book,
    amount,
    posted,
    state,
    expires_at_us
)
SELECT
    pending_id,
    debit_owner_id,
    debit_book,
    credit_owner_id,
    credit_book,
    amount,
    posted,
    state,
    expires_at_us
FROM input;

-- name: pending_transfers_update
-- input: pending_id bigint, debit_owner_id bigint, posted bigint, state integer, expected_state integer
-- guarded: yes
UPDATE pending_transfers
SET
    posted = input.posted,
    state = input.state
FROM input
WHERE
    pending_transfers.pending_id = input.pending_id
    AND pending_transfers.debit_owner_id = input.debit_owner_id
    AND pending_transfers.state = input.expected_state;
