-- name: events_due_now
SELECT
    event_id,
    merchant_id,
    kind,
    subject_id,
    state,
    attempts,
    next_at_us
FROM events
WHERE state = 1 AND next_at_us <= :now_us
ORDER BY next_at_us
LIMIT :most;

-- name: events_next_at
SELECT min(next_at_us) AS next_at_us
FROM events
WHERE state = 1;

-- name: events_of_merchant
SELECT
    event_id,
    merchant_id,
    kind,
    subject_id,
    state,
    attempts,
    next_at_us
FROM events
WHERE merchant_id = :merchant_id AND event_id < :before
ORDER BY event_id DESC
LIMIT :most;

-- name: events_latest
SELECT
    event_id,
    merchant_id,
    kind,
    subject_id,
    state,
    attempts,
    next_at_us
FROM events
WHERE event_id < :before
ORDER BY event_id DESC
LIMIT :most;

-- name: events_of_subject
SELECT
    event_id,
    merchant_id,
    kind,
    subject_id,
    state,
    attempts,
    next_at_us
FROM events
WHERE merchant_id = :merchant_id AND subject_id = :subject_id
ORDER BY event_id;

-- name: event_by_id
SELECT
    event_id,
    merchant_id,
    kind,
    subject_id,
    state,
    attempts,
    next_at_us
FROM events
WHERE event_id = :event_id;

-- name: event_body
SELECT body
FROM event_bodies
WHERE event_id = :event_id AND merchant_id = :merchant_id;

-- name: deliveries_of_event
SELECT
    attempt,
    at_us,
    status,
    duration_ms,
    note
FROM deliveries
WHERE event_id = :event_id AND merchant_id = :merchant_id
ORDER BY attempt;
