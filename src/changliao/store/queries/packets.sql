-- name: packets_find
-- input: giver_id bigint, packet_id bigint
SELECT
    packets.giver_id,
    packets.packet_id,
    packets.kind,
    packets.amount,
    packets.currency,
    packets.shares,
    packets.greeting,
    packets.seed,
    packets.ends_at_us,
    packets.claims,
    packets.claimed,
    packets.state,
    packets.finished_at_us
FROM input
INNER JOIN packets
    ON packets.giver_id = input.giver_id AND packets.packet_id = input.packet_id;

-- name: packets_insert
-- input: giver_id bigint, packet_id bigint, kind integer, amount bigint, currency integer, shares integer, greeting text, seed bytea, ends_at_us bigint, claims integer, claimed bigint, state integer, finished_at_us bigint
INSERT INTO packets (
    giver_id,
    packet_id,
    kind,
    amount,
    currency,
    shares,
    greeting,
    seed,
    ends_at_us,
    claims,
    claimed,
    state,
    finished_at_us
)
SELECT
    giver_id,
    packet_id,
    kind,
    amount,
    currency,
    shares,
    greeting,
    seed,
    ends_at_us,
    claims,
    claimed,
    state,
    finished_at_us
FROM input;

-- name: packets_update
-- input: giver_id bigint, packet_id bigint, claims integer, claimed bigint, state integer, finished_at_us bigint, expected_claims integer, expected_state integer
-- guarded: yes
UPDATE packets
SET
    claims = input.claims,
    claimed = input.claimed,
    state = input.state,
    finished_at_us = input.finished_at_us
FROM input
WHERE
    packets.giver_id = input.giver_id
    AND packets.packet_id = input.packet_id
    AND packets.claims = input.expected_claims
    AND packets.state = input.expected_state;

-- name: packet_claims_find
-- input: giver_id bigint, packet_id bigint, claimer_id bigint
SELECT
    packet_claims.giver_id,
    packet_claims.packet_id,
    packet_claims.claimer_id,
    packet_claims.claim_id,
    packet_claims.place,
    packet_claims.amount
FROM input
INNER JOIN packet_claims
    ON
        packet_claims.giver_id = input.giver_id
        AND packet_claims.packet_id = input.packet_id
        AND packet_claims.claimer_id = input.claimer_id;

-- name: packet_claims_insert
-- input: giver_id bigint, packet_id bigint, claimer_id bigint, claim_id bigint, place integer, amount bigint
INSERT INTO packet_claims (
    giver_id,
    packet_id,
    claimer_id,
    claim_id,
    place,
    amount
)
SELECT
    giver_id,
    packet_id,
    claimer_id,
    claim_id,
    place,
    amount
FROM input;

-- name: packet_by_id
SELECT
    giver_id,
    packet_id,
    kind,
    amount,
    currency,
    shares,
    greeting,
    seed,
    ends_at_us,
    claims,
    claimed,
    state,
    finished_at_us
FROM packets
WHERE giver_id = :giver_id AND packet_id = :packet_id;

-- name: packets_of_giver
-- Newest first.
SELECT
    giver_id,
    packet_id,
    kind,
    amount,
    currency,
    shares,
    greeting,
    seed,
    ends_at_us,
    claims,
    claimed,
    state,
    finished_at_us
FROM packets
WHERE giver_id = :giver_id AND packet_id < :before
ORDER BY packet_id DESC
LIMIT :most;

-- name: claims_of_packet
-- In the order of coming.
SELECT
    giver_id,
    packet_id,
    claimer_id,
    claim_id,
    place,
    amount
FROM packet_claims
WHERE giver_id = :giver_id AND packet_id = :packet_id
ORDER BY place;

-- name: packet_claim_by_id
SELECT
    giver_id,
    packet_id,
    claimer_id,
    claim_id,
    place,
    amount
FROM packet_claims
WHERE giver_id = :giver_id AND claim_id = :claim_id;

-- name: audit_packets
SELECT
    giver_id,
    packet_id,
    kind,
    amount,
    currency,
    shares,
    greeting,
    seed,
    ends_at_us,
    claims,
    claimed,
    state,
    finished_at_us
FROM packets
WHERE giver_id > :giver_id OR (giver_id = :giver_id AND packet_id > :packet_id)
ORDER BY giver_id, packet_id
LIMIT :most;

-- name: audit_packet_claims
SELECT
    giver_id,
    packet_id,
    claimer_id,
    claim_id,
    place,
    amount
FROM packet_claims
ORDER BY giver_id, packet_id, place;
