-- name: events_find
-- input: event_id bigint, merchant_id bigint
SELECT
    events.event_id,
    events.merchant_id,
    events.kind,
    events.subject_id,
    events.state,
    events.attempts,
    events.next_at_us
FROM input
INNER JOIN events ON events.event_id = input.event_id AND events.merchant_id = input.merchant_id;

-- name: events_insert
-- input: event_id bigint, merchant_id bigint, kind integer, subject_id bigint, state integer, attempts integer, next_at_us bigint
INSERT INTO events (event_id, merchant_id, kind, subject_id, state, attempts, next_at_us)
SELECT event_id, merchant_id, kind, subject_id, state, attempts, next_at_us
FROM input;

-- name: events_update
-- input: event_id bigint, merchant_id bigint, state integer, attempts integer, next_at_us bigint, expected_state integer, expected_attempts integer
-- guarded: yes
UPDATE events
SET
    state = input.state,
    attempts = input.attempts,
    next_at_us = input.next_at_us
FROM input
WHERE
    events.event_id = input.event_id
    AND events.merchant_id = input.merchant_id
    AND events.state = input.expected_state
    AND events.attempts = input.expected_attempts;

-- name: event_bodies_insert
-- input: event_id bigint, merchant_id bigint, body bytea
INSERT INTO event_bodies (event_id, merchant_id, body)
SELECT event_id, merchant_id, body
FROM input;

-- name: deliveries_insert
-- input: event_id bigint, merchant_id bigint, attempt integer, at_us bigint, status integer, duration_ms integer, note text
INSERT INTO deliveries (event_id, merchant_id, attempt, at_us, status, duration_ms, note)
SELECT event_id, merchant_id, attempt, at_us, status, duration_ms, note
FROM input;

-- name: webhook_tests_insert
-- input: event_id bigint, merchant_id bigint, notify_url text, door text, sample text
INSERT INTO webhook_tests (event_id, merchant_id, notify_url, door, sample)
SELECT event_id, merchant_id, notify_url, door, sample
FROM input;

-- name: test_exchanges_insert
-- input: event_id bigint, merchant_id bigint, attempt integer, sent_head bytea, sent bytea, answer_head bytea, answer bytea
INSERT INTO test_exchanges (event_id, merchant_id, attempt, sent_head, sent, answer_head, answer)
SELECT event_id, merchant_id, attempt, sent_head, sent, answer_head, answer
FROM input;
