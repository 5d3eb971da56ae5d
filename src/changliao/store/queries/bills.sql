-- name: day_ends_find
-- input: owner_id bigint, book integer, day integer
SELECT
    day_ends.owner_id,
    day_ends.book,
    day_ends.day,
    day_ends.leg_id,
    day_ends.balance
FROM input
INNER JOIN day_ends
    ON
        day_ends.owner_id = input.owner_id
        AND day_ends.book = input.book
        AND day_ends.day = input.day;

-- name: day_ends_insert
-- input: owner_id bigint, book integer, day integer, leg_id bigint, balance bigint
INSERT INTO day_ends (owner_id, book, day, leg_id, balance)
SELECT owner_id, book, day, leg_id, balance
FROM input;
