-- name: refund_thresholds_find
-- input: organisation bigint, currency integer
SELECT
    refund_thresholds.organisation,
    refund_thresholds.currency,
    refund_thresholds.amount,
    refund_thresholds.revision
FROM input
INNER JOIN refund_thresholds
    ON
        refund_thresholds.organisation = input.organisation
        AND refund_thresholds.currency = input.currency;

-- name: refund_thresholds_insert
-- input: organisation bigint, currency integer, amount bigint, revision integer
INSERT INTO refund_thresholds (
    organisation,
    currency,
    amount,
    revision
)
SELECT
    organisation,
    currency,
    amount,
    revision
FROM input;

-- name: refund_thresholds_update
-- input: organisation bigint, currency integer, amount bigint, revision integer, expected_revision integer
-- guarded: yes
UPDATE refund_thresholds
SET
    amount = input.amount,
    revision = input.revision
FROM input
WHERE
    refund_thresholds.organisation = input.organisation
    AND refund_thresholds.currency = input.currency
    AND refund_thresholds.revision = input.expected_revision;

-- name: refund_proposals_find
-- input: proposal_id bigint
SELECT
    refund_proposals.proposal_id,
    refund_proposals.proposal
FROM input
INNER JOIN refund_proposals ON refund_proposals.proposal_id = input.proposal_id;

-- name: refund_proposals_insert
-- input: proposal_id bigint, order_id bigint, proposal bytea, state integer, organisation bigint
INSERT INTO refund_proposals (
    proposal_id,
    order_id,
    proposal,
    state,
    organisation
)
SELECT
    proposal_id,
    order_id,
    proposal,
    state,
    organisation
FROM input;

-- name: refund_proposals_update
-- input: proposal_id bigint, proposal bytea, state integer, expected_state integer
-- guarded: yes
UPDATE refund_proposals
SET
    proposal = input.proposal,
    state = input.state
FROM input
WHERE
    refund_proposals.proposal_id = input.proposal_id
    AND refund_proposals.state = input.expected_state;

-- name: refund_thresholds_list
SELECT
    organisation,
    currency,
    amount,
    revision
FROM refund_thresholds
WHERE organisation = :organisation
ORDER BY currency;

-- name: refund_proposals_list
-- Newest first; 0 is any order, any state, anybody's.
SELECT
    proposal_id,
    proposal
FROM refund_proposals
WHERE
    proposal_id < :before
    AND (state = :state OR :state = 0)
    AND (order_id = :order_id OR :order_id = 0)
    AND (organisation = :organisation OR :organisation = 0)
ORDER BY proposal_id DESC
LIMIT :most;
