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

-- name: payment_events_of_merchant
-- An event has the id of its payment, so the merchant's orders lead to them without an index.
SELECT
    events.event_id,
    events.merchant_id,
    events.kind,
    events.subject_id,
    events.state,
    events.attempts,
    events.next_at_us
FROM orders
INNER JOIN events
    ON orders.payment_id = events.event_id AND orders.merchant_id = events.merchant_id
WHERE orders.merchant_id = :merchant_id AND orders.payment_id < :before
ORDER BY orders.order_id DESC
LIMIT :most;

-- name: authorization_events_of_merchant
SELECT
    events.event_id,
    events.merchant_id,
    events.kind,
    events.subject_id,
    events.state,
    events.attempts,
    events.next_at_us
FROM authorization_steps
INNER JOIN events
    ON
        authorization_steps.step_id = events.event_id
        AND authorization_steps.merchant_id = events.merchant_id
WHERE authorization_steps.merchant_id = :merchant_id AND authorization_steps.step_id < :before
ORDER BY authorization_steps.step_id DESC
LIMIT :most;

-- name: payout_batch_events_of_merchant
SELECT
    events.event_id,
    events.merchant_id,
    events.kind,
    events.subject_id,
    events.state,
    events.attempts,
    events.next_at_us
FROM payout_batches
INNER JOIN events
    ON payout_batches.batch_id = events.event_id AND payout_batches.merchant_id = events.merchant_id
WHERE payout_batches.merchant_id = :merchant_id AND payout_batches.batch_id < :before
ORDER BY payout_batches.batch_id DESC
LIMIT :most;

-- name: payout_events_of_merchant
SELECT
    events.event_id,
    events.merchant_id,
    events.kind,
    events.subject_id,
    events.state,
    events.attempts,
    events.next_at_us
FROM payouts
INNER JOIN events
    ON payouts.payout_id = events.event_id AND payouts.merchant_id = events.merchant_id
WHERE payouts.merchant_id = :merchant_id AND payouts.payout_id < :before
ORDER BY payouts.payout_id DESC
LIMIT :most;

-- name: refund_events_of_merchant
SELECT
    events.event_id,
    events.merchant_id,
    events.kind,
    events.subject_id,
    events.state,
    events.attempts,
    events.next_at_us
FROM refunds
INNER JOIN events
    ON refunds.refund_id = events.event_id AND refunds.merchant_id = events.merchant_id
WHERE refunds.merchant_id = :merchant_id AND refunds.refund_id < :before
ORDER BY refunds.refund_id DESC
LIMIT :most;

-- name: share_events_of_merchant
SELECT
    event_id,
    merchant_id,
    kind,
    subject_id,
    state,
    attempts,
    next_at_us
FROM events
WHERE merchant_id = :merchant_id AND kind IN (27, 28) AND event_id < :before
ORDER BY event_id DESC
LIMIT :most;

-- name: test_events_of_merchant
SELECT
    events.event_id,
    events.merchant_id,
    events.kind,
    events.subject_id,
    events.state,
    events.attempts,
    events.next_at_us
FROM webhook_tests
INNER JOIN events
    ON
        webhook_tests.event_id = events.event_id
        AND webhook_tests.merchant_id = events.merchant_id
WHERE webhook_tests.merchant_id = :merchant_id AND webhook_tests.event_id < :before
ORDER BY webhook_tests.event_id DESC
LIMIT :most;

-- name: webhook_test
SELECT
    notify_url,
    door,
    sample
FROM webhook_tests
WHERE event_id = :event_id AND merchant_id = :merchant_id;

-- name: test_exchange
SELECT
    sent_head,
    sent,
    answer_head,
    answer
FROM test_exchanges
WHERE event_id = :event_id AND merchant_id = :merchant_id
ORDER BY attempt DESC
LIMIT 1;

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

-- name: deliveries_last
SELECT attempt
FROM deliveries
WHERE event_id = :event_id AND merchant_id = :merchant_id
ORDER BY attempt DESC
LIMIT 1;

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
