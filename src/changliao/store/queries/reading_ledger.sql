-- name: account_by_id
SELECT
    owner_id,
    book,
    debits_posted,
    credits_posted,
    debits_pending,
    credits_pending,
    last_leg
FROM accounts
WHERE owner_id = :owner_id AND book = :book;

-- name: accounts_of_owner
SELECT
    owner_id,
    book,
    debits_posted,
    credits_posted,
    debits_pending,
    credits_pending,
    last_leg
FROM accounts
WHERE owner_id = :owner_id
ORDER BY book;

-- name: accounts_of_book
SELECT
    owner_id,
    book,
    debits_posted,
    credits_posted,
    debits_pending,
    credits_pending,
    last_leg
FROM accounts
WHERE book = :book AND owner_id > :after
ORDER BY owner_id
LIMIT :most;

-- name: legs_window
-- The leg that so many older ones come before.
SELECT leg_id
FROM legs
WHERE leg_id >= :first AND leg_id < :last
ORDER BY leg_id
LIMIT 1 OFFSET :skipped;

-- name: legs_of_book
SELECT
    owner_id,
    book,
    leg_id,
    amount,
    pending,
    other_owner_id,
    other_book,
    code,
    cause_id,
    previous_leg
FROM legs
WHERE
    leg_id >= :first
    AND leg_id < :last
    AND book = :book
    AND (:owner_id = 0 OR owner_id = :owner_id)
    AND amount > 0
ORDER BY leg_id
LIMIT :most;

-- name: legs_back
-- Walks an account's chain from its newest leg (or the one asked for) to older ones.
WITH RECURSIVE walk (
    leg_id, amount, pending, other_owner_id, other_book, code, cause_id, previous_leg, step
) AS (
    SELECT
        legs.leg_id,
        legs.amount,
        legs.pending,
        legs.other_owner_id,
        legs.other_book,
        legs.code,
        legs.cause_id,
        legs.previous_leg,
        1
    FROM legs
    WHERE legs.leg_id = :leg_id AND legs.owner_id = :owner_id
    UNION ALL
    SELECT
        legs.leg_id,
        legs.amount,
        legs.pending,
        legs.other_owner_id,
        legs.other_book,
        legs.code,
        legs.cause_id,
        legs.previous_leg,
        walk.step + 1
    FROM walk
    INNER JOIN legs ON walk.previous_leg = legs.leg_id AND legs.owner_id = :owner_id
    WHERE walk.step < :most
)

SELECT
    leg_id,
    amount,
    pending,
    other_owner_id,
    other_book,
    code,
    cause_id,
    previous_leg
FROM walk
ORDER BY leg_id DESC;

-- name: top_up_by_id
SELECT
    top_up_id,
    user_id,
    amount,
    currency,
    channel
FROM top_ups
WHERE top_up_id = :top_up_id AND user_id = :user_id;

-- name: wallet_transfer_by_id
SELECT
    transfer_id,
    payer_id,
    payee_id,
    amount,
    currency,
    note
FROM wallet_transfers
WHERE transfer_id = :transfer_id AND payer_id = :payer_id;
