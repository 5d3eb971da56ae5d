-- name: authorizations_find
-- input: merchant_id bigint, authorization_id bigint
SELECT
    authorizations.merchant_id,
    authorizations.authorization_id,
    authorizations.app_id,
    authorizations.reference,
    authorizations.freeze_reference,
    authorizations.amount,
    authorizations.currency,
    authorizations.digest,
    authorizations.door,
    authorizations.title,
    authorizations.notify_url,
    authorizations.details,
    authorizations.confirm_by_us,
    authorizations.ends_at_us,
    authorizations.payer_id,
    authorizations.state,
    authorizations.captured,
    authorizations.released,
    authorizations.frozen_at_us,
    authorizations.finished_at_us
FROM input
INNER JOIN authorizations
    ON
        authorizations.merchant_id = input.merchant_id
        AND authorizations.authorization_id = input.authorization_id;

-- name: authorizations_find_by_reference
-- input: merchant_id bigint, reference text
SELECT
    authorizations.merchant_id,
    authorizations.authorization_id,
    authorizations.app_id,
    authorizations.reference,
    authorizations.freeze_reference,
    authorizations.amount,
    authorizations.currency,
    authorizations.digest,
    authorizations.door,
    authorizations.title,
    authorizations.notify_url,
    authorizations.details,
    authorizations.confirm_by_us,
    authorizations.ends_at_us,
    authorizations.payer_id,
    authorizations.state,
    authorizations.captured,
    authorizations.released,
    authorizations.frozen_at_us,
    authorizations.finished_at_us
FROM input
INNER JOIN authorizations
    ON
        authorizations.merchant_id = input.merchant_id
        AND authorizations.reference = input.reference;

-- name: authorizations_insert
-- input: merchant_id bigint, authorization_id bigint, app_id bigint, reference text, freeze_reference text, amount bigint, currency integer, digest bytea, door text, title text, notify_url text, details bytea, confirm_by_us bigint, ends_at_us bigint, payer_id bigint, state integer, captured bigint, released bigint, frozen_at_us bigint, finished_at_us bigint
INSERT INTO authorizations (
    merchant_id,
    authorization_id,
    app_id,
    reference,
    freeze_reference,
    amount,
    currency,
    digest,
    door,
    title,
    notify_url,
    details,
    confirm_by_us,
    ends_at_us,
    payer_id,
    state,
    captured,
    released,
    frozen_at_us,
    finished_at_us
)
SELECT
    merchant_id,
    authorization_id,
    app_id,
    reference,
    freeze_reference,
    amount,
    currency,
    digest,
    door,
    title,
    notify_url,
    details,
    confirm_by_us,
    ends_at_us,
    payer_id,
    state,
    captured,
    released,
    frozen_at_us,
    finished_at_us
FROM input;

-- name: authorizations_update
-- input: merchant_id bigint, authorization_id bigint, payer_id bigint, state integer, captured bigint, released bigint, frozen_at_us bigint, finished_at_us bigint, expected_payer_id bigint, expected_state integer, expected_captured bigint, expected_released bigint
-- guarded: yes
UPDATE authorizations
SET
    payer_id = input.payer_id,
    state = input.state,
    captured = input.captured,
    released = input.released,
    frozen_at_us = input.frozen_at_us,
    finished_at_us = input.finished_at_us
FROM input
WHERE
    authorizations.merchant_id = input.merchant_id
    AND authorizations.authorization_id = input.authorization_id
    AND authorizations.payer_id = input.expected_payer_id
    AND authorizations.state = input.expected_state
    AND authorizations.captured = input.expected_captured
    AND authorizations.released = input.expected_released;

-- name: authorization_steps_find
-- input: merchant_id bigint, authorization_id bigint, step_id bigint
SELECT
    authorization_steps.merchant_id,
    authorization_steps.authorization_id,
    authorization_steps.step_id,
    authorization_steps.kind,
    authorization_steps.reference,
    authorization_steps.amount,
    authorization_steps.order_id,
    authorization_steps.payment_id
FROM input
INNER JOIN authorization_steps
    ON
        authorization_steps.merchant_id = input.merchant_id
        AND authorization_steps.authorization_id = input.authorization_id
        AND authorization_steps.step_id = input.step_id;

-- name: authorization_steps_find_by_reference
-- input: merchant_id bigint, authorization_id bigint, kind integer, reference text
SELECT
    authorization_steps.merchant_id,
    authorization_steps.authorization_id,
    authorization_steps.step_id,
    authorization_steps.kind,
    authorization_steps.reference,
    authorization_steps.amount,
    authorization_steps.order_id,
    authorization_steps.payment_id
FROM input
INNER JOIN authorization_steps
    ON
        authorization_steps.merchant_id = input.merchant_id
        AND authorization_steps.authorization_id = input.authorization_id
        AND authorization_steps.kind = input.kind
        AND authorization_steps.reference = input.reference;

-- name: authorization_steps_insert
-- input: merchant_id bigint, authorization_id bigint, step_id bigint, kind integer, reference text, amount bigint, order_id bigint, payment_id bigint
INSERT INTO authorization_steps (
    merchant_id,
    authorization_id,
    step_id,
    kind,
    reference,
    amount,
    order_id,
    payment_id
)
SELECT
    merchant_id,
    authorization_id,
    step_id,
    kind,
    reference,
    amount,
    order_id,
    payment_id
FROM input;

-- name: authorization_by_id
SELECT
    merchant_id,
    authorization_id,
    app_id,
    reference,
    freeze_reference,
    amount,
    currency,
    digest,
    door,
    title,
    notify_url,
    details,
    confirm_by_us,
    ends_at_us,
    payer_id,
    state,
    captured,
    released,
    frozen_at_us,
    finished_at_us
FROM authorizations
WHERE merchant_id = :merchant_id AND authorization_id = :authorization_id;

-- name: authorization_by_reference
SELECT
    merchant_id,
    authorization_id,
    app_id,
    reference,
    freeze_reference,
    amount,
    currency,
    digest,
    door,
    title,
    notify_url,
    details,
    confirm_by_us,
    ends_at_us,
    payer_id,
    state,
    captured,
    released,
    frozen_at_us,
    finished_at_us
FROM authorizations
WHERE merchant_id = :merchant_id AND reference = :reference;

-- name: steps_of_authorization
SELECT
    merchant_id,
    authorization_id,
    step_id,
    kind,
    reference,
    amount,
    order_id,
    payment_id
FROM authorization_steps
WHERE merchant_id = :merchant_id AND authorization_id = :authorization_id
ORDER BY step_id;

-- name: authorizations_of_merchant
-- Newest first.
SELECT
    merchant_id,
    authorization_id,
    app_id,
    reference,
    freeze_reference,
    amount,
    currency,
    digest,
    door,
    title,
    notify_url,
    details,
    confirm_by_us,
    ends_at_us,
    payer_id,
    state,
    captured,
    released,
    frozen_at_us,
    finished_at_us
FROM authorizations
WHERE merchant_id = :merchant_id AND authorization_id < :before
ORDER BY authorization_id DESC
LIMIT :most;
