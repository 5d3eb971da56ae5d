-- name: refund_thresholds_find
-- input: organisation bigint, currency integer
SELECT
    refund_thresholds.organisation,
    refund_thresholds.currency,
    refund_thresholds.amount,
    refund_thresholds.covers_keys,
    refund_thresholds.revision,
    refund_thresholds.wanted_amount,
    refund_thresholds.wanted_covers_keys,
    refund_thresholds.wanted_by
FROM input
INNER JOIN refund_thresholds
    ON
        refund_thresholds.organisation = input.organisation
        AND refund_thresholds.currency = input.currency;

-- name: refund_thresholds_insert
-- input: organisation bigint, currency integer, amount bigint, covers_keys integer, revision integer, wanted_amount bigint, wanted_covers_keys integer, wanted_by text
INSERT INTO refund_thresholds (
    organisation,
    currency,
    amount,
    covers_keys,
    revision,
    wanted_amount,
    wanted_covers_keys,
    wanted_by
)
SELECT
    organisation,
    currency,
    amount,
    covers_keys,
    revision,
    wanted_amount,
    wanted_covers_keys,
    wanted_by
FROM input;

-- name: refund_thresholds_update
-- input: organisation bigint, currency integer, amount bigint, covers_keys integer, revision integer, wanted_amount bigint, wanted_covers_keys integer, wanted_by text, expected_revision integer
-- guarded: yes
UPDATE refund_thresholds
SET
    amount = input.amount,
    covers_keys = input.covers_keys,
    revision = input.revision,
    wanted_amount = input.wanted_amount,
    wanted_covers_keys = input.wanted_covers_keys,
    wanted_by = input.wanted_by
FROM input
WHERE
    refund_thresholds.organisation = input.organisation
    AND refund_thresholds.currency = input.currency
    AND refund_thresholds.revision = input.expected_revision;

-- name: refund_thresholds_list
SELECT
    organisation,
    currency,
    amount,
    covers_keys,
    revision,
    wanted_amount,
    wanted_covers_keys,
    wanted_by
FROM refund_thresholds
WHERE organisation = :organisation
ORDER BY currency;
