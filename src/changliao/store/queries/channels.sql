-- name: channels_find
-- input: channel_id integer
SELECT
    channels.channel_id,
    channels.code,
    channels.name_zh,
    channels.name_en,
    channels.kind,
    channels.state,
    channels.weight,
    channels.cost_bps,
    channels.terminals,
    channels.misses,
    channels.method_id
FROM input
INNER JOIN channels ON channels.channel_id = input.channel_id;

-- name: channels_insert
-- input: channel_id integer, code text, name_zh text, name_en text, kind text, state integer, weight integer, cost_bps integer, terminals integer, misses integer, method_id integer
INSERT INTO channels (
    channel_id,
    code,
    name_zh,
    name_en,
    kind,
    state,
    weight,
    cost_bps,
    terminals,
    misses,
    method_id
)
SELECT
    channel_id,
    code,
    name_zh,
    name_en,
    kind,
    state,
    weight,
    cost_bps,
    terminals,
    misses,
    method_id
FROM input;

-- name: channels_update
-- input: channel_id integer, name_zh text, name_en text, state integer, weight integer, cost_bps integer, terminals integer, misses integer, method_id integer, expected_state integer, expected_weight integer, expected_cost_bps integer, expected_misses integer
-- guarded: yes
UPDATE channels
SET
    name_zh = input.name_zh,
    name_en = input.name_en,
    state = input.state,
    weight = input.weight,
    cost_bps = input.cost_bps,
    terminals = input.terminals,
    misses = input.misses,
    method_id = input.method_id
FROM input
WHERE
    channels.channel_id = input.channel_id
    AND channels.state = input.expected_state
    AND channels.weight = input.expected_weight
    AND channels.cost_bps = input.expected_cost_bps
    AND channels.misses = input.expected_misses;

-- name: channels_all
SELECT
    channel_id,
    code,
    name_zh,
    name_en,
    kind,
    state,
    weight,
    cost_bps,
    terminals,
    misses,
    method_id
FROM channels
ORDER BY channel_id;

-- name: channel_requests_find
-- input: owner_id bigint, request_id bigint
SELECT
    channel_requests.owner_id,
    channel_requests.request_id,
    channel_requests.channel_id,
    channel_requests.kind,
    channel_requests.book,
    channel_requests.amount,
    channel_requests.asked_at_us,
    channel_requests.next_look_us,
    channel_requests.counterpart,
    channel_requests.pay_id,
    channel_requests.state,
    channel_requests.settled,
    channel_requests.returned,
    channel_requests.reference,
    channel_requests.reason,
    channel_requests.looks,
    channel_requests.finished_at_us,
    channel_requests.booked_at_us,
    channel_requests.order_id
FROM input
INNER JOIN channel_requests
    ON
        channel_requests.owner_id = input.owner_id
        AND channel_requests.request_id = input.request_id;

-- name: channel_requests_insert
-- input: owner_id bigint, request_id bigint, channel_id integer, kind integer, book integer, amount bigint, asked_at_us bigint, next_look_us bigint, counterpart text, pay_id bigint, state integer, settled bigint, returned bigint, reference text, reason text, looks integer, finished_at_us bigint, booked_at_us bigint, order_id bigint
INSERT INTO channel_requests (
    owner_id,
    request_id,
    channel_id,
    kind,
    book,
    amount,
    asked_at_us,
    next_look_us,
    counterpart,
    pay_id,
    state,
    settled,
    returned,
    reference,
    reason,
    looks,
    finished_at_us,
    booked_at_us,
    order_id
)
SELECT
    owner_id,
    request_id,
    channel_id,
    kind,
    book,
    amount,
    asked_at_us,
    next_look_us,
    counterpart,
    pay_id,
    state,
    settled,
    returned,
    reference,
    reason,
    looks,
    finished_at_us,
    booked_at_us,
    order_id
FROM input;

-- name: channel_requests_update
-- input: owner_id bigint, request_id bigint, state integer, asked_at_us bigint, next_look_us bigint, settled bigint, returned bigint, reference text, reason text, looks integer, finished_at_us bigint, booked_at_us bigint, expected_state integer, expected_looks integer, expected_returned bigint
-- guarded: yes
UPDATE channel_requests
SET
    state = input.state,
    asked_at_us = input.asked_at_us,
    next_look_us = input.next_look_us,
    settled = input.settled,
    returned = input.returned,
    reference = input.reference,
    reason = input.reason,
    looks = input.looks,
    finished_at_us = input.finished_at_us,
    booked_at_us = input.booked_at_us
FROM input
WHERE
    channel_requests.owner_id = input.owner_id
    AND channel_requests.request_id = input.request_id
    AND channel_requests.state = input.expected_state
    AND channel_requests.looks = input.expected_looks
    AND channel_requests.returned = input.expected_returned;

-- name: channel_request_by_id
SELECT
    owner_id,
    request_id,
    channel_id,
    kind,
    book,
    amount,
    asked_at_us,
    next_look_us,
    counterpart,
    pay_id,
    state,
    settled,
    returned,
    reference,
    reason,
    looks,
    finished_at_us,
    booked_at_us,
    order_id
FROM channel_requests
WHERE owner_id = :owner_id AND request_id = :request_id;

-- name: channel_requests_due
SELECT
    owner_id,
    request_id,
    channel_id,
    kind,
    book,
    amount,
    asked_at_us,
    next_look_us,
    counterpart,
    pay_id,
    state,
    settled,
    returned,
    reference,
    reason,
    looks,
    finished_at_us,
    booked_at_us,
    order_id
FROM channel_requests
WHERE state <= 2 AND next_look_us <= :now
ORDER BY next_look_us
LIMIT :most;

-- name: channel_requests_waiting
SELECT
    owner_id,
    request_id,
    channel_id,
    kind,
    book,
    amount,
    asked_at_us,
    next_look_us,
    counterpart,
    pay_id,
    state,
    settled,
    returned,
    reference,
    reason,
    looks,
    finished_at_us,
    booked_at_us,
    order_id
FROM channel_requests
WHERE state = 5 AND next_look_us <= :now
ORDER BY next_look_us
LIMIT :most;

-- name: channel_requests_of
-- Newest first.
SELECT
    owner_id,
    request_id,
    channel_id,
    kind,
    book,
    amount,
    asked_at_us,
    next_look_us,
    counterpart,
    pay_id,
    state,
    settled,
    returned,
    reference,
    reason,
    looks,
    finished_at_us,
    booked_at_us,
    order_id
FROM channel_requests
WHERE owner_id = :owner_id AND kind = :kind AND request_id < :before AND order_id = 0
ORDER BY request_id DESC
LIMIT :most;

-- name: channel_requests_list
-- Newest first; 0: any.
SELECT
    owner_id,
    request_id,
    channel_id,
    kind,
    book,
    amount,
    asked_at_us,
    next_look_us,
    counterpart,
    pay_id,
    state,
    settled,
    returned,
    reference,
    reason,
    looks,
    finished_at_us,
    booked_at_us,
    order_id
FROM channel_requests
WHERE
    request_id < :before
    AND (channel_id = :channel_id OR :channel_id = 0)
    AND (state = :state OR :state = 0)
ORDER BY request_id DESC
LIMIT :most;

-- name: audit_channel_requests
SELECT
    owner_id,
    request_id,
    channel_id,
    kind,
    book,
    amount,
    asked_at_us,
    next_look_us,
    counterpart,
    pay_id,
    state,
    settled,
    returned,
    reference,
    reason,
    looks,
    finished_at_us,
    booked_at_us,
    order_id
FROM channel_requests
WHERE owner_id > :owner_id OR (owner_id = :owner_id AND request_id > :request_id)
ORDER BY owner_id, request_id
LIMIT :most;

-- name: audit_top_ups
SELECT
    user_id,
    top_up_id,
    amount
FROM top_ups;

-- name: channel_requests_by_number
-- input: channel_id integer, request_id bigint
SELECT
    channel_requests.owner_id,
    channel_requests.request_id,
    channel_requests.channel_id,
    channel_requests.kind,
    channel_requests.book,
    channel_requests.amount,
    channel_requests.asked_at_us,
    channel_requests.next_look_us,
    channel_requests.counterpart,
    channel_requests.pay_id,
    channel_requests.state,
    channel_requests.settled,
    channel_requests.returned,
    channel_requests.reference,
    channel_requests.reason,
    channel_requests.looks,
    channel_requests.finished_at_us,
    channel_requests.booked_at_us,
    channel_requests.order_id
FROM input
INNER JOIN channel_requests
    ON
        channel_requests.channel_id = input.channel_id
        AND channel_requests.request_id = input.request_id;

-- name: channel_requests_booked
SELECT
    owner_id,
    request_id,
    channel_id,
    kind,
    book,
    amount,
    asked_at_us,
    next_look_us,
    counterpart,
    pay_id,
    state,
    settled,
    returned,
    reference,
    reason,
    looks,
    finished_at_us,
    booked_at_us,
    order_id
FROM channel_requests
WHERE
    channel_id = :channel_id
    AND booked_at_us >= :begins
    AND booked_at_us < :ends
    AND state = 3
    AND book % 1000 = :currency
ORDER BY booked_at_us, request_id;

-- name: channel_payouts_asked
SELECT
    owner_id,
    request_id,
    channel_id,
    kind,
    book,
    amount,
    asked_at_us,
    next_look_us,
    counterpart,
    pay_id,
    state,
    settled,
    returned,
    reference,
    reason,
    looks,
    finished_at_us,
    booked_at_us,
    order_id
FROM channel_requests
WHERE
    channel_id = :channel_id
    AND asked_at_us >= :begins
    AND asked_at_us < :ends
    AND kind > 1
    AND book % 1000 = :currency
ORDER BY asked_at_us, request_id;
