-- name: settlement_cycles_find
-- input: merchant_id bigint, currency integer
SELECT
    settlement_cycles.merchant_id,
    settlement_cycles.currency,
    settlement_cycles.days,
    settlement_cycles.channel,
    settlement_cycles.account,
    settlement_cycles.since_day,
    settlement_cycles.least,
    settlement_cycles.paused,
    settlement_cycles.revision
FROM input
INNER JOIN settlement_cycles
    ON
        settlement_cycles.merchant_id = input.merchant_id
        AND settlement_cycles.currency = input.currency;

-- name: settlement_cycles_insert
-- input: merchant_id bigint, currency integer, days integer, channel text, account text, since_day integer, least bigint, paused integer, revision integer
INSERT INTO settlement_cycles (
    merchant_id,
    currency,
    days,
    channel,
    account,
    since_day,
    least,
    paused,
    revision
)
SELECT
    merchant_id,
    currency,
    days,
    channel,
    account,
    since_day,
    least,
    paused,
    revision
FROM input;

-- name: settlement_cycles_update
-- input: merchant_id bigint, currency integer, days integer, channel text, account text, least bigint, paused integer, revision integer, expected_revision integer
-- guarded: yes
UPDATE settlement_cycles
SET
    days = input.days,
    channel = input.channel,
    account = input.account,
    least = input.least,
    paused = input.paused,
    revision = input.revision
FROM input
WHERE
    settlement_cycles.merchant_id = input.merchant_id
    AND settlement_cycles.currency = input.currency
    AND settlement_cycles.revision = input.expected_revision;

-- name: settlements_find
-- input: merchant_id bigint, currency integer, day_number integer
SELECT
    settlements.merchant_id,
    settlements.currency,
    settlements.day_number,
    settlements.settlement_id,
    settlements.first_day,
    settlements.opening,
    settlements.closing,
    settlements.amount,
    settlements.state,
    settlements.tries,
    settlements.request_id,
    settlements.paid,
    settlements.reason,
    settlements.made_at_us,
    settlements.finished_at_us
FROM input
INNER JOIN settlements
    ON
        settlements.merchant_id = input.merchant_id
        AND settlements.currency = input.currency
        AND settlements.day_number = input.day_number;

-- name: settlements_insert
-- input: merchant_id bigint, currency integer, day_number integer, settlement_id bigint, first_day integer, opening bigint, closing bigint, amount bigint, state integer, tries integer, request_id bigint, paid bigint, reason text, made_at_us bigint, finished_at_us bigint
INSERT INTO settlements (
    merchant_id,
    currency,
    day_number,
    settlement_id,
    first_day,
    opening,
    closing,
    amount,
    state,
    tries,
    request_id,
    paid,
    reason,
    made_at_us,
    finished_at_us
)
SELECT
    merchant_id,
    currency,
    day_number,
    settlement_id,
    first_day,
    opening,
    closing,
    amount,
    state,
    tries,
    request_id,
    paid,
    reason,
    made_at_us,
    finished_at_us
FROM input;

-- name: settlements_update
-- input: merchant_id bigint, currency integer, day_number integer, state integer, tries integer, request_id bigint, paid bigint, reason text, finished_at_us bigint, expected_state integer, expected_tries integer
-- guarded: yes
UPDATE settlements
SET
    state = input.state,
    tries = input.tries,
    request_id = input.request_id,
    paid = input.paid,
    reason = input.reason,
    finished_at_us = input.finished_at_us
FROM input
WHERE
    settlements.merchant_id = input.merchant_id
    AND settlements.currency = input.currency
    AND settlements.day_number = input.day_number
    AND settlements.state = input.expected_state
    AND settlements.tries = input.expected_tries;

-- name: settlement_cycles_due
-- Of which a day is due that was not settled, in pages.
SELECT
    merchant_id,
    currency,
    days,
    channel,
    account,
    since_day,
    least,
    paused,
    revision
FROM settlement_cycles
WHERE
    (merchant_id > :merchant_id OR (merchant_id = :merchant_id AND currency > :currency))
    AND paused = 0
    AND since_day <= :today - days
    AND NOT EXISTS (
        SELECT 1
        FROM settlements
        WHERE
            settlements.merchant_id = settlement_cycles.merchant_id
            AND settlements.currency = settlement_cycles.currency
            AND settlements.day_number >= :today - settlement_cycles.days
    )
ORDER BY merchant_id, currency
LIMIT :most;

-- name: settlement_cycles_of
SELECT
    merchant_id,
    currency,
    days,
    channel,
    account,
    since_day,
    least,
    paused,
    revision
FROM settlement_cycles
WHERE merchant_id = :merchant_id
ORDER BY currency;

-- name: settlement_newest
SELECT
    merchant_id,
    currency,
    day_number,
    settlement_id,
    first_day,
    opening,
    closing,
    amount,
    state,
    tries,
    request_id,
    paid,
    reason,
    made_at_us,
    finished_at_us
FROM settlements
WHERE merchant_id = :merchant_id AND currency = :currency
ORDER BY day_number DESC
LIMIT 1;

-- name: settlements_in_state
-- What is to be paid out, or looked at, the oldest first.
SELECT
    merchant_id,
    currency,
    day_number,
    settlement_id,
    first_day,
    opening,
    closing,
    amount,
    state,
    tries,
    request_id,
    paid,
    reason,
    made_at_us,
    finished_at_us
FROM settlements
WHERE state = :state AND settlement_id > :after
ORDER BY settlement_id
LIMIT :most;

-- name: settlement_by_id
SELECT
    merchant_id,
    currency,
    day_number,
    settlement_id,
    first_day,
    opening,
    closing,
    amount,
    state,
    tries,
    request_id,
    paid,
    reason,
    made_at_us,
    finished_at_us
FROM settlements
WHERE merchant_id = :merchant_id AND settlement_id = :settlement_id;

-- name: settlements_of
-- Newest first.
SELECT
    merchant_id,
    currency,
    day_number,
    settlement_id,
    first_day,
    opening,
    closing,
    amount,
    state,
    tries,
    request_id,
    paid,
    reason,
    made_at_us,
    finished_at_us
FROM settlements
WHERE merchant_id = :merchant_id AND settlement_id < :before
ORDER BY settlement_id DESC
LIMIT :most;

-- name: settlements_list
-- Everybody's, newest first; 0 is any state.
SELECT
    merchant_id,
    currency,
    day_number,
    settlement_id,
    first_day,
    opening,
    closing,
    amount,
    state,
    tries,
    request_id,
    paid,
    reason,
    made_at_us,
    finished_at_us
FROM settlements
WHERE (state = :state OR :state = 0) AND settlement_id < :before
ORDER BY settlement_id DESC
LIMIT :most;

-- name: audit_settlements
SELECT
    merchant_id,
    currency,
    day_number,
    settlement_id,
    first_day,
    opening,
    closing,
    amount,
    state,
    tries,
    request_id,
    paid,
    reason,
    made_at_us,
    finished_at_us
FROM settlements
WHERE
    merchant_id > :merchant_id
    OR (merchant_id = :merchant_id AND currency > :currency)
    OR (merchant_id = :merchant_id AND currency = :currency AND day_number > :day_number)
ORDER BY merchant_id, currency, day_number
LIMIT :most;
