-- name: identity_levels_find
-- input: level integer
SELECT
    identity_levels.level,
    identity_levels.name_zh,
    identity_levels.name_en,
    identity_levels.needs_zh,
    identity_levels.needs_en
FROM input
INNER JOIN identity_levels ON identity_levels.level = input.level;

-- name: limits_find
-- input: currency integer
SELECT
    limits.currency,
    limits.of_level,
    limits.revision
FROM input
INNER JOIN limits ON limits.currency = input.currency;

-- name: limits_insert
-- input: currency integer, of_level bytea, revision integer
INSERT INTO limits (
    currency,
    of_level,
    revision
)
SELECT
    currency,
    of_level,
    revision
FROM input;

-- name: limits_update
-- input: currency integer, of_level bytea, revision integer, expected_revision integer
-- guarded: yes
UPDATE limits
SET
    of_level = input.of_level,
    revision = input.revision
FROM input
WHERE
    limits.currency = input.currency
    AND limits.revision = input.expected_revision;

-- name: identities_find
-- input: user_id bigint
SELECT
    identities.user_id,
    identities.level,
    identities.set_at_us,
    identities.counts,
    identities.revision
FROM input
INNER JOIN identities ON identities.user_id = input.user_id;

-- name: identities_insert
-- input: user_id bigint, level integer, set_at_us bigint, counts integer, revision integer
INSERT INTO identities (
    user_id,
    level,
    set_at_us,
    counts,
    revision
)
SELECT
    user_id,
    level,
    set_at_us,
    counts,
    revision
FROM input;

-- name: identities_update
-- input: user_id bigint, level integer, set_at_us bigint, counts integer, revision integer, expected_revision integer
-- guarded: yes
UPDATE identities
SET
    level = input.level,
    set_at_us = input.set_at_us,
    counts = input.counts,
    revision = input.revision
FROM input
WHERE
    identities.user_id = input.user_id
    AND identities.revision = input.expected_revision;

-- name: spendings_find
-- input: user_id bigint, currency integer
SELECT
    spendings.user_id,
    spendings.currency,
    spendings.level,
    spendings.since_us,
    spendings.day_number,
    spendings.day_base,
    spendings.day_given,
    spendings.year_number,
    spendings.year_base,
    spendings.year_given,
    spendings.revision
FROM input
INNER JOIN spendings
    ON
        spendings.user_id = input.user_id
        AND spendings.currency = input.currency;

-- name: spendings_insert
-- input: user_id bigint, currency integer, level integer, since_us bigint, day_number integer, day_base bigint, day_given bigint, year_number integer, year_base bigint, year_given bigint, revision integer
INSERT INTO spendings (
    user_id,
    currency,
    level,
    since_us,
    day_number,
    day_base,
    day_given,
    year_number,
    year_base,
    year_given,
    revision
)
SELECT
    user_id,
    currency,
    level,
    since_us,
    day_number,
    day_base,
    day_given,
    year_number,
    year_base,
    year_given,
    revision
FROM input;

-- name: spendings_update
-- input: user_id bigint, currency integer, level integer, day_number integer, day_base bigint, day_given bigint, year_number integer, year_base bigint, year_given bigint, revision integer, expected_revision integer
-- guarded: yes
UPDATE spendings
SET
    level = input.level,
    day_number = input.day_number,
    day_base = input.day_base,
    day_given = input.day_given,
    year_number = input.year_number,
    year_base = input.year_base,
    year_given = input.year_given,
    revision = input.revision
FROM input
WHERE
    spendings.user_id = input.user_id
    AND spendings.currency = input.currency
    AND spendings.revision = input.expected_revision;

-- name: identity_levels_all
SELECT
    level,
    name_zh,
    name_en,
    needs_zh,
    needs_en
FROM identity_levels
ORDER BY level;

-- name: limits_all
SELECT
    currency,
    of_level,
    revision
FROM limits
ORDER BY currency;

-- name: identity_of_user
SELECT
    user_id,
    level,
    set_at_us,
    counts,
    revision
FROM identities
WHERE user_id = :user_id;

-- name: spendings_of_user
SELECT
    user_id,
    currency,
    level,
    since_us,
    day_number,
    day_base,
    day_given,
    year_number,
    year_base,
    year_given,
    revision
FROM spendings
WHERE user_id = :user_id
ORDER BY currency;

-- name: audit_identities
SELECT
    user_id,
    level,
    set_at_us,
    counts,
    revision
FROM identities
WHERE user_id > :after
ORDER BY user_id
LIMIT :most;

-- name: audit_spendings
SELECT
    user_id,
    currency,
    level,
    since_us,
    day_number,
    day_base,
    day_given,
    year_number,
    year_base,
    year_given,
    revision
FROM spendings
WHERE user_id > :user_id OR (user_id = :user_id AND currency > :currency)
ORDER BY user_id, currency
LIMIT :most;
