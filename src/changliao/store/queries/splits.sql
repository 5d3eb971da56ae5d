-- name: receivers_find
-- input: merchant_id bigint, kind integer, party_id bigint
SELECT
    receivers.merchant_id,
    receivers.kind,
    receivers.party_id,
    receivers.relation,
    receivers.state
FROM input
INNER JOIN receivers
    ON
        receivers.merchant_id = input.merchant_id
        AND receivers.kind = input.kind
        AND receivers.party_id = input.party_id;

-- name: receivers_insert
-- input: merchant_id bigint, kind integer, party_id bigint, relation text, state integer
INSERT INTO receivers (
    merchant_id,
    kind,
    party_id,
    relation,
    state
)
SELECT
    merchant_id,
    kind,
    party_id,
    relation,
    state
FROM input;

-- name: receivers_update
-- input: merchant_id bigint, kind integer, party_id bigint, relation text, state integer, expected_state integer
-- guarded: yes
UPDATE receivers
SET
    relation = input.relation,
    state = input.state
FROM input
WHERE
    receivers.merchant_id = input.merchant_id
    AND receivers.kind = input.kind
    AND receivers.party_id = input.party_id
    AND receivers.state = input.expected_state;

-- name: share_parts_find
-- input: share_id bigint, merchant_id bigint, kind integer, party_id bigint
SELECT
    share_parts.share_id,
    share_parts.merchant_id,
    share_parts.kind,
    share_parts.party_id,
    share_parts.place,
    share_parts.amount,
    share_parts.account,
    share_parts.description,
    share_parts.returned
FROM input
INNER JOIN share_parts
    ON
        share_parts.share_id = input.share_id
        AND share_parts.merchant_id = input.merchant_id
        AND share_parts.kind = input.kind
        AND share_parts.party_id = input.party_id;

-- name: share_parts_insert
-- input: share_id bigint, merchant_id bigint, kind integer, party_id bigint, place integer, amount bigint, account text, description text, returned bigint
INSERT INTO share_parts (
    share_id,
    merchant_id,
    kind,
    party_id,
    place,
    amount,
    account,
    description,
    returned
)
SELECT
    share_id,
    merchant_id,
    kind,
    party_id,
    place,
    amount,
    account,
    description,
    returned
FROM input;

-- name: share_parts_update
-- input: share_id bigint, merchant_id bigint, kind integer, party_id bigint, returned bigint, expected_returned bigint
-- guarded: yes
UPDATE share_parts
SET
    returned = input.returned
FROM input
WHERE
    share_parts.share_id = input.share_id
    AND share_parts.merchant_id = input.merchant_id
    AND share_parts.kind = input.kind
    AND share_parts.party_id = input.party_id
    AND share_parts.returned = input.expected_returned;

-- name: share_returns_find
-- input: merchant_id bigint, return_id bigint
SELECT
    share_returns.merchant_id,
    share_returns.return_id,
    share_returns.share_id,
    share_returns.receiver_id,
    share_returns.reference,
    share_returns.amount,
    share_returns.digest,
    share_returns.partner_id,
    share_returns.description
FROM input
INNER JOIN share_returns
    ON
        share_returns.merchant_id = input.merchant_id
        AND share_returns.return_id = input.return_id;

-- name: share_returns_find_by_reference
-- input: merchant_id bigint, partner_id bigint, reference text
SELECT
    share_returns.merchant_id,
    share_returns.return_id,
    share_returns.share_id,
    share_returns.receiver_id,
    share_returns.reference,
    share_returns.amount,
    share_returns.digest,
    share_returns.partner_id,
    share_returns.description
FROM input
INNER JOIN share_returns
    ON
        share_returns.merchant_id = input.merchant_id
        AND share_returns.partner_id = input.partner_id
        AND share_returns.reference = input.reference;

-- name: share_returns_insert
-- input: merchant_id bigint, return_id bigint, share_id bigint, receiver_id bigint, reference text, amount bigint, digest bytea, partner_id bigint, description text
INSERT INTO share_returns (
    merchant_id,
    return_id,
    share_id,
    receiver_id,
    reference,
    amount,
    digest,
    partner_id,
    description
)
SELECT
    merchant_id,
    return_id,
    share_id,
    receiver_id,
    reference,
    amount,
    digest,
    partner_id,
    description
FROM input;

-- name: shares_find
-- input: merchant_id bigint, share_id bigint
SELECT
    shares.merchant_id,
    shares.share_id,
    shares.order_id,
    shares.reference,
    shares.digest,
    shares.partner_id,
    shares.description,
    shares.released,
    shares.refunded
FROM input
INNER JOIN shares
    ON
        shares.merchant_id = input.merchant_id
        AND shares.share_id = input.share_id;

-- name: shares_find_by_reference
-- input: merchant_id bigint, partner_id bigint, reference text
SELECT
    shares.merchant_id,
    shares.share_id,
    shares.order_id,
    shares.reference,
    shares.digest,
    shares.partner_id,
    shares.description,
    shares.released,
    shares.refunded
FROM input
INNER JOIN shares
    ON
        shares.merchant_id = input.merchant_id
        AND shares.partner_id = input.partner_id
        AND shares.reference = input.reference;

-- name: shares_insert
-- input: merchant_id bigint, share_id bigint, order_id bigint, reference text, digest bytea, partner_id bigint, description text, released bigint, refunded bigint
INSERT INTO shares (
    merchant_id,
    share_id,
    order_id,
    reference,
    digest,
    partner_id,
    description,
    released,
    refunded
)
SELECT
    merchant_id,
    share_id,
    order_id,
    reference,
    digest,
    partner_id,
    description,
    released,
    refunded
FROM input;

-- name: sharing_find
-- input: merchant_id bigint
SELECT
    sharing.merchant_id,
    sharing.ratio_bps,
    sharing.notify_url
FROM input
INNER JOIN sharing ON sharing.merchant_id = input.merchant_id;

-- name: sharing_insert
-- input: merchant_id bigint, ratio_bps integer, notify_url text
INSERT INTO sharing (
    merchant_id,
    ratio_bps,
    notify_url
)
SELECT
    merchant_id,
    ratio_bps,
    notify_url
FROM input;

-- name: sharing_update
-- input: merchant_id bigint, ratio_bps integer, notify_url text, expected_ratio_bps integer, expected_notify_url text
-- guarded: yes
UPDATE sharing
SET
    ratio_bps = input.ratio_bps,
    notify_url = input.notify_url
FROM input
WHERE
    sharing.merchant_id = input.merchant_id
    AND sharing.ratio_bps = input.expected_ratio_bps
    AND sharing.notify_url = input.expected_notify_url;

-- name: planned_shares_find
-- input: merchant_id bigint, order_id bigint
SELECT
    planned_shares.merchant_id,
    planned_shares.order_id,
    planned_shares.intended,
    planned_shares.keeps
FROM input
INNER JOIN planned_shares
    ON
        planned_shares.merchant_id = input.merchant_id
        AND planned_shares.order_id = input.order_id;

-- name: planned_shares_insert
-- input: merchant_id bigint, order_id bigint, intended bytea, keeps integer
INSERT INTO planned_shares (merchant_id, order_id, intended, keeps)
SELECT
    merchant_id,
    order_id,
    intended,
    keeps
FROM input;

-- name: share_by_reference
SELECT
    merchant_id,
    share_id,
    order_id,
    reference,
    digest,
    partner_id,
    description,
    released,
    refunded
FROM shares
WHERE merchant_id = :merchant_id AND partner_id = :partner_id AND reference = :reference;

-- name: share_by_id
SELECT
    merchant_id,
    share_id,
    order_id,
    reference,
    digest,
    partner_id,
    description,
    released,
    refunded
FROM shares
WHERE merchant_id = :merchant_id AND share_id = :share_id;

-- name: parts_of_share
SELECT
    share_id,
    merchant_id,
    kind,
    party_id,
    place,
    amount,
    account,
    description,
    returned
FROM share_parts
WHERE share_id = :share_id AND merchant_id = :merchant_id
ORDER BY place;

-- name: part_received
SELECT
    share_id,
    merchant_id,
    kind,
    party_id,
    place,
    amount,
    account,
    description,
    returned
FROM share_parts
WHERE share_id = :share_id AND kind = 1 AND party_id = :receiver_id;

-- name: share_return_by_reference
SELECT
    merchant_id,
    return_id,
    share_id,
    receiver_id,
    reference,
    amount,
    digest,
    partner_id,
    description
FROM share_returns
WHERE merchant_id = :merchant_id AND partner_id = :partner_id AND reference = :reference;

-- name: receivers_of_merchant
SELECT
    merchant_id,
    kind,
    party_id,
    relation,
    state
FROM receivers
WHERE merchant_id = :merchant_id AND state = 1
ORDER BY kind, party_id
LIMIT :most OFFSET :skipped;

-- name: receivers_count
SELECT COUNT(*)
FROM receivers
WHERE merchant_id = :merchant_id AND state = 1;

-- name: shares_of_order
SELECT
    merchant_id,
    share_id,
    order_id,
    reference,
    digest,
    partner_id,
    description,
    released,
    refunded
FROM shares
WHERE merchant_id = :merchant_id AND order_id = :order_id
ORDER BY share_id;

-- name: shares_between
SELECT
    merchant_id,
    share_id,
    order_id,
    reference,
    digest,
    partner_id,
    description,
    released,
    refunded
FROM shares
WHERE merchant_id = :merchant_id AND share_id BETWEEN :first_id AND :last_id
ORDER BY share_id;

-- name: returns_between
SELECT
    merchant_id,
    return_id,
    share_id,
    receiver_id,
    reference,
    amount,
    digest,
    partner_id,
    description
FROM share_returns
WHERE merchant_id = :merchant_id AND return_id BETWEEN :first_id AND :last_id
ORDER BY return_id;

-- name: return_received
SELECT
    merchant_id,
    return_id,
    share_id,
    receiver_id,
    reference,
    amount,
    digest,
    partner_id,
    description
FROM share_returns
WHERE receiver_id = :receiver_id AND return_id = :return_id;

-- name: sharing_of
SELECT
    merchant_id,
    ratio_bps,
    notify_url
FROM sharing
WHERE merchant_id = :merchant_id;

-- name: payment_of_anybody
SELECT
    merchant_id,
    order_id
FROM payments
WHERE payment_id = :payment_id AND reason = '';
