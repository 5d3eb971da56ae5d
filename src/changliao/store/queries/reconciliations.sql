-- name: reconciliations_find
-- input: channel_id integer, currency integer, begins_us bigint
SELECT
    reconciliations.channel_id,
    reconciliations.currency,
    reconciliations.begins_us,
    reconciliations.ends_us,
    reconciliations.statement,
    reconciliations.read_at_us,
    reconciliations.ours_count,
    reconciliations.ours,
    reconciliations.theirs_count,
    reconciliations.theirs,
    reconciliations.matched_count,
    reconciliations.matched,
    reconciliations.missing_here_count,
    reconciliations.missing_here,
    reconciliations.missing_there_count,
    reconciliations.missing_there,
    reconciliations.differing_count,
    reconciliations.differing,
    reconciliations.not_as_asked_count,
    reconciliations.not_as_asked
FROM input
INNER JOIN reconciliations
    ON
        reconciliations.channel_id = input.channel_id
        AND reconciliations.currency = input.currency
        AND reconciliations.begins_us = input.begins_us;

-- name: reconciliations_insert
-- input: channel_id integer, currency integer, begins_us bigint, ends_us bigint, statement text, read_at_us bigint, ours_count bigint, ours bigint, theirs_count bigint, theirs bigint, matched_count bigint, matched bigint, missing_here_count bigint, missing_here bigint, missing_there_count bigint, missing_there bigint, differing_count bigint, differing bigint, not_as_asked_count bigint, not_as_asked bigint
INSERT INTO reconciliations (
    channel_id,
    currency,
    begins_us,
    ends_us,
    statement,
    read_at_us,
    ours_count,
    ours,
    theirs_count,
    theirs,
    matched_count,
    matched,
    missing_here_count,
    missing_here,
    missing_there_count,
    missing_there,
    differing_count,
    differing,
    not_as_asked_count,
    not_as_asked
)
SELECT
    channel_id,
    currency,
    begins_us,
    ends_us,
    statement,
    read_at_us,
    ours_count,
    ours,
    theirs_count,
    theirs,
    matched_count,
    matched,
    missing_here_count,
    missing_here,
    missing_there_count,
    missing_there,
    differing_count,
    differing,
    not_as_asked_count,
    not_as_asked
FROM input;

-- name: reconciliations_update
-- input: channel_id integer, currency integer, begins_us bigint, ends_us bigint, statement text, read_at_us bigint, ours_count bigint, ours bigint, theirs_count bigint, theirs bigint, matched_count bigint, matched bigint, missing_here_count bigint, missing_here bigint, missing_there_count bigint, missing_there bigint, differing_count bigint, differing bigint, not_as_asked_count bigint, not_as_asked bigint, expected_read_at_us bigint
-- guarded: yes
UPDATE reconciliations
SET
    ends_us = input.ends_us,
    statement = input.statement,
    read_at_us = input.read_at_us,
    ours_count = input.ours_count,
    ours = input.ours,
    theirs_count = input.theirs_count,
    theirs = input.theirs,
    matched_count = input.matched_count,
    matched = input.matched,
    missing_here_count = input.missing_here_count,
    missing_here = input.missing_here,
    missing_there_count = input.missing_there_count,
    missing_there = input.missing_there,
    differing_count = input.differing_count,
    differing = input.differing,
    not_as_asked_count = input.not_as_asked_count,
    not_as_asked = input.not_as_asked
FROM input
WHERE
    reconciliations.channel_id = input.channel_id
    AND reconciliations.currency = input.currency
    AND reconciliations.begins_us = input.begins_us
    AND reconciliations.read_at_us = input.expected_read_at_us;

-- name: reconciliations_list
-- The newest days first, from before a place on; channel 0: of all.
SELECT
    channel_id,
    currency,
    begins_us,
    ends_us,
    statement,
    read_at_us,
    ours_count,
    ours,
    theirs_count,
    theirs,
    matched_count,
    matched,
    missing_here_count,
    missing_here,
    missing_there_count,
    missing_there,
    differing_count,
    differing,
    not_as_asked_count,
    not_as_asked
FROM reconciliations
WHERE
    (begins_us, channel_id, currency) < (:begins, :before_channel, :before_currency)
    AND (:channel_id = 0 OR channel_id = :channel_id)
ORDER BY begins_us DESC, channel_id DESC, currency DESC
LIMIT :most;
