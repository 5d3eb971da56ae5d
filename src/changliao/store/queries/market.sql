-- name: market_positions_find
-- input: node integer
SELECT
    market_positions.node,
    market_positions.leg_id
FROM input
INNER JOIN market_positions ON market_positions.node = input.node;

-- name: market_positions_insert
-- input: node integer, leg_id bigint
INSERT INTO market_positions (node, leg_id)
SELECT node, leg_id
FROM input;

-- name: market_positions_update
-- input: node integer, leg_id bigint, expected_leg_id bigint
-- guarded: yes
UPDATE market_positions
SET leg_id = input.leg_id
FROM input
WHERE market_positions.node = input.node AND market_positions.leg_id = input.expected_leg_id;

-- name: market_positions_delete
-- input: node integer
DELETE FROM market_positions
WHERE node IN (
    SELECT node
    FROM input
);

-- name: market_volumes_find
-- input: day integer, platform_id bigint, method_id integer, terminal_id integer, currency integer
SELECT
    market_volumes.day,
    market_volumes.platform_id,
    market_volumes.method_id,
    market_volumes.terminal_id,
    market_volumes.currency,
    market_volumes.payments,
    market_volumes.amount,
    market_volumes.refunds,
    market_volumes.refunded
FROM input
INNER JOIN market_volumes
    ON
        market_volumes.day = input.day
        AND market_volumes.platform_id = input.platform_id
        AND market_volumes.method_id = input.method_id
        AND market_volumes.terminal_id = input.terminal_id
        AND market_volumes.currency = input.currency;

-- name: market_volumes_insert
-- input: day integer, platform_id bigint, method_id integer, terminal_id integer, currency integer, payments bigint, amount bigint, refunds bigint, refunded bigint
INSERT INTO market_volumes (
    day,
    platform_id,
    method_id,
    terminal_id,
    currency,
    payments,
    amount,
    refunds,
    refunded
)
SELECT
    day,
    platform_id,
    method_id,
    terminal_id,
    currency,
    payments,
    amount,
    refunds,
    refunded
FROM input;

-- name: market_volumes_update
-- input: day integer, platform_id bigint, method_id integer, terminal_id integer, currency integer, payments bigint, amount bigint, refunds bigint, refunded bigint, expected_payments bigint, expected_refunds bigint, expected_refunded bigint
-- guarded: yes
UPDATE market_volumes
SET
    payments = input.payments,
    amount = input.amount,
    refunds = input.refunds,
    refunded = input.refunded
FROM input
WHERE
    market_volumes.day = input.day
    AND market_volumes.platform_id = input.platform_id
    AND market_volumes.method_id = input.method_id
    AND market_volumes.terminal_id = input.terminal_id
    AND market_volumes.currency = input.currency
    AND market_volumes.payments = input.expected_payments
    AND market_volumes.refunds = input.expected_refunds
    AND market_volumes.refunded = input.expected_refunded;

-- name: market_volumes_delete
-- input: day integer, platform_id bigint, method_id integer, terminal_id integer, currency integer
DELETE FROM market_volumes
WHERE (day, platform_id, method_id, terminal_id, currency) IN (
    SELECT
        day,
        platform_id,
        method_id,
        terminal_id,
        currency
    FROM input
);

-- name: market_months_find
-- input: user_id bigint, month integer
SELECT
    market_months.user_id,
    market_months.month,
    market_months.visits
FROM input
INNER JOIN market_months
    ON
        market_months.user_id = input.user_id
        AND market_months.month = input.month;

-- name: market_months_insert
-- input: user_id bigint, month integer, visits bytea
INSERT INTO market_months (user_id, month, visits)
SELECT user_id, month, visits
FROM input;

-- name: market_months_update
-- input: user_id bigint, month integer, visits bytea, expected_visits bytea
-- guarded: yes
UPDATE market_months
SET visits = input.visits
FROM input
WHERE
    market_months.user_id = input.user_id
    AND market_months.month = input.month
    AND market_months.visits = input.expected_visits;

-- name: market_months_delete
-- input: user_id bigint, month integer
DELETE FROM market_months
WHERE (user_id, month) IN (
    SELECT
        user_id,
        month
    FROM input
);

-- name: market_lives_find
-- input: user_id bigint
SELECT
    market_lives.user_id,
    market_lives.months
FROM input
INNER JOIN market_lives ON market_lives.user_id = input.user_id;

-- name: market_lives_insert
-- input: user_id bigint, months bytea
INSERT INTO market_lives (user_id, months)
SELECT user_id, months
FROM input;

-- name: market_lives_update
-- input: user_id bigint, months bytea, expected_months bytea
-- guarded: yes
UPDATE market_lives
SET months = input.months
FROM input
WHERE market_lives.user_id = input.user_id AND market_lives.months = input.expected_months;

-- name: market_lives_delete
-- input: user_id bigint
DELETE FROM market_lives
WHERE user_id IN (
    SELECT user_id
    FROM input
);

-- name: market_seen_find
-- input: kind integer, period integer, dimension integer, members bytea
SELECT
    market_seen.kind,
    market_seen.period,
    market_seen.dimension,
    market_seen.members,
    market_seen.users
FROM input
INNER JOIN market_seen
    ON
        market_seen.kind = input.kind
        AND market_seen.period = input.period
        AND market_seen.dimension = input.dimension
        AND market_seen.members = input.members;

-- name: market_seen_insert
-- input: kind integer, period integer, dimension integer, members bytea, users bigint
INSERT INTO market_seen (kind, period, dimension, members, users)
SELECT kind, period, dimension, members, users
FROM input;

-- name: market_seen_update
-- input: kind integer, period integer, dimension integer, members bytea, users bigint, expected_users bigint
-- guarded: yes
UPDATE market_seen
SET users = input.users
FROM input
WHERE
    market_seen.kind = input.kind
    AND market_seen.period = input.period
    AND market_seen.dimension = input.dimension
    AND market_seen.members = input.members
    AND market_seen.users = input.expected_users;

-- name: market_seen_delete
-- input: kind integer, period integer, dimension integer, members bytea
DELETE FROM market_seen
WHERE (kind, period, dimension, members) IN (
    SELECT
        kind,
        period,
        dimension,
        members
    FROM input
);

-- name: market_flows_find
-- input: kind integer, period integer, source_id bigint, target_id bigint
SELECT
    market_flows.kind,
    market_flows.period,
    market_flows.source_id,
    market_flows.target_id,
    market_flows.users
FROM input
INNER JOIN market_flows
    ON
        market_flows.kind = input.kind
        AND market_flows.period = input.period
        AND market_flows.source_id = input.source_id
        AND market_flows.target_id = input.target_id;

-- name: market_flows_insert
-- input: kind integer, period integer, source_id bigint, target_id bigint, users bigint
INSERT INTO market_flows (kind, period, source_id, target_id, users)
SELECT kind, period, source_id, target_id, users
FROM input;

-- name: market_flows_update
-- input: kind integer, period integer, source_id bigint, target_id bigint, users bigint, expected_users bigint
-- guarded: yes
UPDATE market_flows
SET users = input.users
FROM input
WHERE
    market_flows.kind = input.kind
    AND market_flows.period = input.period
    AND market_flows.source_id = input.source_id
    AND market_flows.target_id = input.target_id
    AND market_flows.users = input.expected_users;

-- name: market_flows_delete
-- input: kind integer, period integer, source_id bigint, target_id bigint
DELETE FROM market_flows
WHERE (kind, period, source_id, target_id) IN (
    SELECT
        kind,
        period,
        source_id,
        target_id
    FROM input
);

-- name: market_cohorts_find
-- input: first integer, month integer
SELECT
    market_cohorts.first,
    market_cohorts.month,
    market_cohorts.users
FROM input
INNER JOIN market_cohorts
    ON
        market_cohorts.first = input.first
        AND market_cohorts.month = input.month;

-- name: market_cohorts_insert
-- input: first integer, month integer, users bigint
INSERT INTO market_cohorts (first, month, users)
SELECT first, month, users
FROM input;

-- name: market_cohorts_update
-- input: first integer, month integer, users bigint, expected_users bigint
-- guarded: yes
UPDATE market_cohorts
SET users = input.users
FROM input
WHERE
    market_cohorts.first = input.first
    AND market_cohorts.month = input.month
    AND market_cohorts.users = input.expected_users;

-- name: market_cohorts_delete
-- input: first integer, month integer
DELETE FROM market_cohorts
WHERE (first, month) IN (
    SELECT
        first,
        month
    FROM input
);

-- name: market_groups_find
-- input: platform_id bigint, from_day integer
SELECT
    market_groups.platform_id,
    market_groups.from_day,
    market_groups.name
FROM input
INNER JOIN market_groups
    ON
        market_groups.platform_id = input.platform_id
        AND market_groups.from_day = input.from_day;

-- name: market_groups_insert
-- input: platform_id bigint, from_day integer, name text
INSERT INTO market_groups (platform_id, from_day, name)
SELECT platform_id, from_day, name
FROM input;

-- name: market_groups_update
-- input: platform_id bigint, from_day integer, name text, expected_name text
-- guarded: yes
UPDATE market_groups
SET name = input.name
FROM input
WHERE
    market_groups.platform_id = input.platform_id
    AND market_groups.from_day = input.from_day
    AND market_groups.name = input.expected_name;

-- name: market_groups_delete
-- input: platform_id bigint, from_day integer
DELETE FROM market_groups
WHERE (platform_id, from_day) IN (
    SELECT
        platform_id,
        from_day
    FROM input
);

-- name: synthetic_people_find
-- input: user_id bigint
SELECT
    synthetic_people.user_id,
    synthetic_people.since_us,
    synthetic_people.run
FROM input
INNER JOIN synthetic_people ON synthetic_people.user_id = input.user_id;

-- name: synthetic_people_insert
-- input: user_id bigint, since_us bigint, run text
INSERT INTO synthetic_people (user_id, since_us, run)
SELECT user_id, since_us, run
FROM input;

-- name: market_next_node
SELECT MIN(node) AS node
FROM journal
WHERE node > :after;

-- name: market_position_of
SELECT leg_id
FROM market_positions
WHERE node = :node;

-- name: market_movements
-- Payments (3) and refunds (5) by their debit sides, between two legs, of one node.
SELECT
    leg_id,
    owner_id,
    book,
    other_owner_id,
    amount,
    code,
    cause_id
FROM legs
WHERE
    leg_id > :after
    AND leg_id <= :head
    AND code IN (3, 5)
    AND leg_id % 2 = 0
    AND (leg_id / 2) % 256 = :node
ORDER BY leg_id
LIMIT :most;

-- name: market_volumes_between
SELECT
    day,
    platform_id,
    method_id,
    terminal_id,
    currency,
    payments,
    amount,
    refunds,
    refunded
FROM market_volumes
WHERE day >= :first AND day <= :last
ORDER BY day, platform_id, method_id, terminal_id, currency;

-- name: market_seen_between
SELECT
    kind,
    period,
    dimension,
    members,
    users
FROM market_seen
WHERE kind = :kind AND period >= :first AND period <= :last AND dimension = :dimension
ORDER BY period, members;

-- name: market_flows_between
SELECT
    kind,
    period,
    source_id,
    target_id,
    users
FROM market_flows
WHERE kind = :kind AND period >= :first AND period <= :last
ORDER BY period, source_id, target_id;

-- name: market_cohorts_all
SELECT
    first,
    month,
    users
FROM market_cohorts
ORDER BY first, month;

-- name: market_groups_all
SELECT
    platform_id,
    from_day,
    name
FROM market_groups
ORDER BY platform_id, from_day;

-- name: market_months_between
-- People's months, in pages: those after a person, of these months.
SELECT
    user_id,
    month,
    visits
FROM market_months
WHERE month >= :first AND month <= :last AND user_id > :after
ORDER BY user_id, month
LIMIT :most;

-- name: market_first_day
SELECT MIN(day) AS first_day
FROM market_volumes;

-- name: market_volumes_some
SELECT
    day,
    platform_id,
    method_id,
    terminal_id,
    currency
FROM market_volumes
ORDER BY day, platform_id, method_id, terminal_id, currency
LIMIT :most;

-- name: market_months_some
SELECT
    user_id,
    month
FROM market_months
ORDER BY user_id, month
LIMIT :most;

-- name: market_lives_some
SELECT user_id
FROM market_lives
ORDER BY user_id
LIMIT :most;

-- name: market_seen_some
SELECT
    kind,
    period,
    dimension,
    members
FROM market_seen
ORDER BY kind, period, dimension, members
LIMIT :most;

-- name: market_flows_some
SELECT
    kind,
    period,
    source_id,
    target_id
FROM market_flows
ORDER BY kind, period, source_id, target_id
LIMIT :most;

-- name: market_cohorts_some
SELECT
    first,
    month
FROM market_cohorts
ORDER BY first, month
LIMIT :most;
