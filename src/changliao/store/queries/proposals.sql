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
