-- name: payouts_find
-- input: merchant_id bigint, payout_id bigint
SELECT
    payouts.merchant_id,
    payouts.payout_id,
    payouts.app_id,
    payouts.batch_id,
    payouts.reference,
    payouts.payee_id,
    payouts.amount,
    payouts.currency,
    payouts.digest,
    payouts.door,
    payouts.remark,
    payouts.notify_url,
    payouts.details,
    payouts.confirm_by_us,
    payouts.state,
    payouts.reason,
    payouts.finished_at_us
FROM input
INNER JOIN payouts
    ON
        payouts.merchant_id = input.merchant_id
        AND payouts.payout_id = input.payout_id;

-- name: payouts_find_by_reference
-- input: merchant_id bigint, batch_id bigint, reference text
SELECT
    payouts.merchant_id,
    payouts.payout_id,
    payouts.app_id,
    payouts.batch_id,
    payouts.reference,
    payouts.payee_id,
    payouts.amount,
    payouts.currency,
    payouts.digest,
    payouts.door,
    payouts.remark,
    payouts.notify_url,
    payouts.details,
    payouts.confirm_by_us,
    payouts.state,
    payouts.reason,
    payouts.finished_at_us
FROM input
INNER JOIN payouts
    ON
        payouts.merchant_id = input.merchant_id
        AND payouts.batch_id = input.batch_id
        AND payouts.reference = input.reference;

-- name: payouts_insert
-- input: merchant_id bigint, payout_id bigint, app_id bigint, batch_id bigint, reference text, payee_id bigint, amount bigint, currency integer, digest bytea, door text, remark text, notify_url text, details bytea, confirm_by_us bigint, state integer, reason text, finished_at_us bigint
INSERT INTO payouts (
    merchant_id,
    payout_id,
    app_id,
    batch_id,
    reference,
    payee_id,
    amount,
    currency,
    digest,
    door,
    remark,
    notify_url,
    details,
    confirm_by_us,
    state,
    reason,
    finished_at_us
)
SELECT
    merchant_id,
    payout_id,
    app_id,
    batch_id,
    reference,
    payee_id,
    amount,
    currency,
    digest,
    door,
    remark,
    notify_url,
    details,
    confirm_by_us,
    state,
    reason,
    finished_at_us
FROM input;

-- name: payouts_update
-- input: merchant_id bigint, payout_id bigint, state integer, finished_at_us bigint, expected_state integer
-- guarded: yes
UPDATE payouts
SET
    state = input.state,
    finished_at_us = input.finished_at_us
FROM input
WHERE
    payouts.merchant_id = input.merchant_id
    AND payouts.payout_id = input.payout_id
    AND payouts.state = input.expected_state;

-- name: payout_batches_find
-- input: merchant_id bigint, batch_id bigint
SELECT
    payout_batches.merchant_id,
    payout_batches.batch_id,
    payout_batches.app_id,
    payout_batches.reference,
    payout_batches.currency,
    payout_batches.digest,
    payout_batches.door,
    payout_batches.name,
    payout_batches.remark,
    payout_batches.notify_url,
    payout_batches.details,
    payout_batches.payouts,
    payout_batches.amount,
    payout_batches.paid_payouts,
    payout_batches.paid_amount,
    payout_batches.finished_at_us
FROM input
INNER JOIN payout_batches
    ON
        payout_batches.merchant_id = input.merchant_id
        AND payout_batches.batch_id = input.batch_id;

-- name: payout_batches_find_by_reference
-- input: merchant_id bigint, reference text
SELECT
    payout_batches.merchant_id,
    payout_batches.batch_id,
    payout_batches.app_id,
    payout_batches.reference,
    payout_batches.currency,
    payout_batches.digest,
    payout_batches.door,
    payout_batches.name,
    payout_batches.remark,
    payout_batches.notify_url,
    payout_batches.details,
    payout_batches.payouts,
    payout_batches.amount,
    payout_batches.paid_payouts,
    payout_batches.paid_amount,
    payout_batches.finished_at_us
FROM input
INNER JOIN payout_batches
    ON
        payout_batches.merchant_id = input.merchant_id
        AND payout_batches.reference = input.reference;

-- name: payout_batches_insert
-- input: merchant_id bigint, batch_id bigint, app_id bigint, reference text, currency integer, digest bytea, door text, name text, remark text, notify_url text, details bytea, payouts integer, amount bigint, paid_payouts integer, paid_amount bigint, finished_at_us bigint
INSERT INTO payout_batches (
    merchant_id,
    batch_id,
    app_id,
    reference,
    currency,
    digest,
    door,
    name,
    remark,
    notify_url,
    details,
    payouts,
    amount,
    paid_payouts,
    paid_amount,
    finished_at_us
)
SELECT
    merchant_id,
    batch_id,
    app_id,
    reference,
    currency,
    digest,
    door,
    name,
    remark,
    notify_url,
    details,
    payouts,
    amount,
    paid_payouts,
    paid_amount,
    finished_at_us
FROM input;

-- name: payout_by_id
SELECT
    merchant_id,
    payout_id,
    app_id,
    batch_id,
    reference,
    payee_id,
    amount,
    currency,
    digest,
    door,
    remark,
    notify_url,
    details,
    confirm_by_us,
    state,
    reason,
    finished_at_us
FROM payouts
WHERE merchant_id = :merchant_id AND payout_id = :payout_id;

-- name: payout_by_reference
SELECT
    merchant_id,
    payout_id,
    app_id,
    batch_id,
    reference,
    payee_id,
    amount,
    currency,
    digest,
    door,
    remark,
    notify_url,
    details,
    confirm_by_us,
    state,
    reason,
    finished_at_us
FROM payouts
WHERE merchant_id = :merchant_id AND batch_id = :batch_id AND reference = :reference;

-- name: payouts_of_batch
-- state 0: all of them
SELECT
    merchant_id,
    payout_id,
    app_id,
    batch_id,
    reference,
    payee_id,
    amount,
    currency,
    digest,
    door,
    remark,
    notify_url,
    details,
    confirm_by_us,
    state,
    reason,
    finished_at_us
FROM payouts
WHERE
    merchant_id = :merchant_id AND batch_id = :batch_id
    AND (state = :state OR :state = 0)
ORDER BY payout_id
LIMIT :most OFFSET :skipped;

-- name: payout_batch_by_id
SELECT
    merchant_id,
    batch_id,
    app_id,
    reference,
    currency,
    digest,
    door,
    name,
    remark,
    notify_url,
    details,
    payouts,
    amount,
    paid_payouts,
    paid_amount,
    finished_at_us
FROM payout_batches
WHERE merchant_id = :merchant_id AND batch_id = :batch_id;

-- name: payout_batch_by_reference
SELECT
    merchant_id,
    batch_id,
    app_id,
    reference,
    currency,
    digest,
    door,
    name,
    remark,
    notify_url,
    details,
    payouts,
    amount,
    paid_payouts,
    paid_amount,
    finished_at_us
FROM payout_batches
WHERE merchant_id = :merchant_id AND reference = :reference;

-- name: payouts_of_merchant
-- Newest first.
SELECT
    merchant_id,
    payout_id,
    app_id,
    batch_id,
    reference,
    payee_id,
    amount,
    currency,
    digest,
    door,
    remark,
    notify_url,
    details,
    confirm_by_us,
    state,
    reason,
    finished_at_us
FROM payouts
WHERE merchant_id = :merchant_id AND payout_id < :before
ORDER BY payout_id DESC
LIMIT :most;
