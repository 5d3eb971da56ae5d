-- name: day_end_since
-- The earliest kept end of this day or of a later one.
SELECT
    owner_id,
    book,
    day,
    leg_id,
    balance
FROM day_ends
WHERE owner_id = :owner_id AND book = :book AND day >= :day
ORDER BY day
LIMIT 1;

-- name: day_ends_of_account
SELECT
    owner_id,
    book,
    day,
    leg_id,
    balance
FROM day_ends
WHERE owner_id = :owner_id AND book = :book
ORDER BY day DESC;

-- name: day_ends_accounts
-- Which accounts have ends of days, in pages.
SELECT DISTINCT
    owner_id,
    book
FROM day_ends
WHERE (owner_id, book) > (:owner_id, :book)
ORDER BY owner_id, book
LIMIT :most;

-- name: legs_back_to
-- Walks an account's chain from one leg to older ones, as far as a leg older than :since.
WITH RECURSIVE walk (leg_id, amount, code, cause_id, previous_leg, step) AS (
    SELECT
        legs.leg_id,
        legs.amount,
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
        legs.code,
        legs.cause_id,
        legs.previous_leg,
        walk.step + 1
    FROM walk
    INNER JOIN legs ON walk.previous_leg = legs.leg_id AND legs.owner_id = :owner_id
    WHERE walk.leg_id >= :since AND walk.step < :most
)

SELECT
    leg_id,
    amount,
    code,
    cause_id,
    previous_leg
FROM walk
ORDER BY step;

-- name: merchants_of_partner
SELECT merchant_id
FROM partnerships
WHERE partner_id = :partner_id
ORDER BY merchant_id;
