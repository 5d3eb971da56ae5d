-- name: bank_entries_find
-- input: channel_id integer, number bigint
SELECT
    bank_entries.channel_id,
    bank_entries.number,
    bank_entries.kind,
    bank_entries.asked,
    bank_entries.amount,
    bank_entries.currency,
    bank_entries.books_at_us,
    bank_entries.lines
FROM input
INNER JOIN bank_entries
    ON
        bank_entries.channel_id = input.channel_id
        AND bank_entries.number = input.number;

-- name: bank_entries_insert
-- input: channel_id integer, number bigint, kind integer, asked bigint, amount bigint, currency integer, books_at_us bigint, lines integer
INSERT INTO bank_entries (
    channel_id,
    number,
    kind,
    asked,
    amount,
    currency,
    books_at_us,
    lines
)
SELECT
    channel_id,
    number,
    kind,
    asked,
    amount,
    currency,
    books_at_us,
    lines
FROM input;

-- name: bank_entry_by_number
SELECT
    channel_id,
    number,
    kind,
    asked,
    amount,
    currency,
    books_at_us,
    lines
FROM bank_entries
WHERE channel_id = :channel_id AND number = :entry;

-- name: bank_faults_find
-- input: channel_id integer, kind integer
SELECT
    bank_faults.channel_id,
    bank_faults.kind,
    bank_faults.fault,
    bank_faults.remaining,
    bank_faults.off
FROM input
INNER JOIN bank_faults
    ON
        bank_faults.channel_id = input.channel_id
        AND bank_faults.kind = input.kind;

-- name: bank_faults_insert
-- input: channel_id integer, kind integer, fault text, remaining integer, off bigint
INSERT INTO bank_faults (
    channel_id,
    kind,
    fault,
    remaining,
    off
)
SELECT
    channel_id,
    kind,
    fault,
    remaining,
    off
FROM input;

-- name: bank_faults_update
-- input: channel_id integer, kind integer, fault text, remaining integer, off bigint, expected_remaining integer
-- guarded: yes
UPDATE bank_faults
SET
    fault = input.fault,
    remaining = input.remaining,
    off = input.off
FROM input
WHERE
    bank_faults.channel_id = input.channel_id
    AND bank_faults.kind = input.kind
    AND bank_faults.remaining = input.expected_remaining;

-- name: bank_faults_of
SELECT
    channel_id,
    kind,
    fault,
    remaining,
    off
FROM bank_faults
WHERE channel_id = :channel_id
ORDER BY kind;

-- name: bank_entries_booked
SELECT
    channel_id,
    number,
    kind,
    asked,
    amount,
    currency,
    books_at_us,
    lines
FROM bank_entries
WHERE
    channel_id = :channel_id
    AND books_at_us >= :begins
    AND books_at_us < :ends
    AND currency = :currency
ORDER BY books_at_us, number;

-- name: bank_balance_before
-- What statements showed before: pays are kind 1.
SELECT COALESCE(SUM(CASE WHEN kind = 1 THEN amount ELSE -amount END * lines), 0)
FROM bank_entries
WHERE channel_id = :channel_id AND books_at_us < :begins AND currency = :currency;
