-- name: channel_differences_find
-- input: difference_id bigint
SELECT
    channel_differences.difference_id,
    channel_differences.channel_id,
    channel_differences.name,
    channel_differences.statement,
    channel_differences.kind,
    channel_differences.request_id,
    channel_differences.said,
    channel_differences.ours,
    channel_differences.reference,
    channel_differences.currency,
    channel_differences.owner_id,
    channel_differences.book,
    channel_differences.owed,
    channel_differences.opened_at_us,
    channel_differences.suggested,
    channel_differences.state,
    channel_differences.resolution,
    channel_differences.note,
    channel_differences.proposed_by,
    channel_differences.decided_by,
    channel_differences.decided_at_us
FROM input
INNER JOIN channel_differences
    ON channel_differences.difference_id = input.difference_id;

-- name: channel_differences_find_by_name
-- input: channel_id integer, name text
SELECT
    channel_differences.difference_id,
    channel_differences.channel_id,
    channel_differences.name,
    channel_differences.statement,
    channel_differences.kind,
    channel_differences.request_id,
    channel_differences.said,
    channel_differences.ours,
    channel_differences.reference,
    channel_differences.currency,
    channel_differences.owner_id,
    channel_differences.book,
    channel_differences.owed,
    channel_differences.opened_at_us,
    channel_differences.suggested,
    channel_differences.state,
    channel_differences.resolution,
    channel_differences.note,
    channel_differences.proposed_by,
    channel_differences.decided_by,
    channel_differences.decided_at_us
FROM input
INNER JOIN channel_differences
    ON
        channel_differences.channel_id = input.channel_id
        AND channel_differences.name = input.name;

-- name: channel_differences_insert
-- input: difference_id bigint, channel_id integer, name text, statement text, kind text, request_id bigint, said bigint, ours bigint, reference text, currency integer, owner_id bigint, book integer, owed bigint, opened_at_us bigint, suggested integer, state integer, resolution integer, note text, proposed_by text, decided_by text, decided_at_us bigint
INSERT INTO channel_differences (
    difference_id,
    channel_id,
    name,
    statement,
    kind,
    request_id,
    said,
    ours,
    reference,
    currency,
    owner_id,
    book,
    owed,
    opened_at_us,
    suggested,
    state,
    resolution,
    note,
    proposed_by,
    decided_by,
    decided_at_us
)
SELECT
    difference_id,
    channel_id,
    name,
    statement,
    kind,
    request_id,
    said,
    ours,
    reference,
    currency,
    owner_id,
    book,
    owed,
    opened_at_us,
    suggested,
    state,
    resolution,
    note,
    proposed_by,
    decided_by,
    decided_at_us
FROM input;

-- name: channel_differences_update
-- input: difference_id bigint, state integer, resolution integer, note text, proposed_by text, decided_by text, decided_at_us bigint, expected_state integer, expected_resolution integer, expected_note text, expected_proposed_by text
-- guarded: yes
UPDATE channel_differences
SET
    state = input.state,
    resolution = input.resolution,
    note = input.note,
    proposed_by = input.proposed_by,
    decided_by = input.decided_by,
    decided_at_us = input.decided_at_us
FROM input
WHERE
    channel_differences.difference_id = input.difference_id
    AND channel_differences.state = input.expected_state
    AND channel_differences.resolution = input.expected_resolution
    AND channel_differences.note = input.expected_note
    AND channel_differences.proposed_by = input.expected_proposed_by;

-- name: channel_difference_by_id
SELECT
    difference_id,
    channel_id,
    name,
    statement,
    kind,
    request_id,
    said,
    ours,
    reference,
    currency,
    owner_id,
    book,
    owed,
    opened_at_us,
    suggested,
    state,
    resolution,
    note,
    proposed_by,
    decided_by,
    decided_at_us
FROM channel_differences
WHERE difference_id = :difference_id;

-- name: channel_differences_list
-- Newest first; 0: any.
SELECT
    difference_id,
    channel_id,
    name,
    statement,
    kind,
    request_id,
    said,
    ours,
    reference,
    currency,
    owner_id,
    book,
    owed,
    opened_at_us,
    suggested,
    state,
    resolution,
    note,
    proposed_by,
    decided_by,
    decided_at_us
FROM channel_differences
WHERE
    difference_id < :before
    AND (channel_id = :channel_id OR :channel_id = 0)
    AND (state = :state OR :state = 0)
ORDER BY difference_id DESC
LIMIT :most;
