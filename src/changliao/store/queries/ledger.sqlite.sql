-- The one writer knows each account's newest leg from loading it; RETURNING costs a third more.
-- name: accounts_add
-- input: owner_id bigint, book integer, debits_posted bigint, credits_posted bigint, debits_pending bigint, credits_pending bigint, last_leg bigint, most_debits bigint
-- guarded: yes
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
    AND accounts.debits_posted + input.debits_posted <= input.most_debits;
