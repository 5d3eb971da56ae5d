-- name: risk_rules_find
-- input: rule_id bigint
SELECT
    risk_rules.rule_id,
    risk_rules.rule
FROM input
INNER JOIN risk_rules ON risk_rules.rule_id = input.rule_id;

-- name: risk_rules_insert
-- input: rule_id bigint, rule bytea, state integer
INSERT INTO risk_rules (
    rule_id,
    rule,
    state
)
SELECT
    rule_id,
    rule,
    state
FROM input;

-- name: risk_rules_update
-- input: rule_id bigint, rule bytea, state integer, expected_state integer
-- guarded: yes
UPDATE risk_rules
SET
    rule = input.rule,
    state = input.state
FROM input
WHERE
    risk_rules.rule_id = input.rule_id
    AND risk_rules.state = input.expected_state;

-- name: risk_rulebooks_find
-- input: rulebook integer
SELECT
    risk_rulebooks.rules,
    risk_rulebooks.revision
FROM input
INNER JOIN risk_rulebooks ON risk_rulebooks.rulebook = input.rulebook;

-- name: risk_rulebooks_insert
-- input: rulebook integer, rules bytea, revision integer
INSERT INTO risk_rulebooks (
    rulebook,
    rules,
    revision
)
SELECT
    rulebook,
    rules,
    revision
FROM input;

-- name: risk_rulebooks_update
-- input: rulebook integer, rules bytea, revision integer, expected_revision integer
-- guarded: yes
UPDATE risk_rulebooks
SET
    rules = input.rules,
    revision = input.revision
FROM input
WHERE
    risk_rulebooks.rulebook = input.rulebook
    AND risk_rulebooks.revision = input.expected_revision;

-- name: risk_recents_find
-- input: owner_id bigint, kind integer
SELECT
    risk_recents.owner_id,
    risk_recents.kind,
    risk_recents.times,
    risk_recents.revision
FROM input
INNER JOIN risk_recents
    ON
        risk_recents.owner_id = input.owner_id
        AND risk_recents.kind = input.kind;

-- name: risk_recents_insert
-- input: owner_id bigint, kind integer, times bytea, revision integer
INSERT INTO risk_recents (
    owner_id,
    kind,
    times,
    revision
)
SELECT
    owner_id,
    kind,
    times,
    revision
FROM input;

-- name: risk_recents_update
-- input: owner_id bigint, kind integer, times bytea, revision integer, expected_revision integer
-- guarded: yes
UPDATE risk_recents
SET
    times = input.times,
    revision = input.revision
FROM input
WHERE
    risk_recents.owner_id = input.owner_id
    AND risk_recents.kind = input.kind
    AND risk_recents.revision = input.expected_revision;

-- name: risk_moved_find
-- input: owner_id bigint, movement integer, currency integer
SELECT
    risk_moved.owner_id,
    risk_moved.movement,
    risk_moved.currency,
    risk_moved.amounts,
    risk_moved.revision
FROM input
INNER JOIN risk_moved
    ON
        risk_moved.owner_id = input.owner_id
        AND risk_moved.movement = input.movement
        AND risk_moved.currency = input.currency;

-- name: risk_moved_insert
-- input: owner_id bigint, movement integer, currency integer, amounts bytea, revision integer
INSERT INTO risk_moved (
    owner_id,
    movement,
    currency,
    amounts,
    revision
)
SELECT
    owner_id,
    movement,
    currency,
    amounts,
    revision
FROM input;

-- name: risk_moved_update
-- input: owner_id bigint, movement integer, currency integer, amounts bytea, revision integer, expected_revision integer
-- guarded: yes
UPDATE risk_moved
SET
    amounts = input.amounts,
    revision = input.revision
FROM input
WHERE
    risk_moved.owner_id = input.owner_id
    AND risk_moved.movement = input.movement
    AND risk_moved.currency = input.currency
    AND risk_moved.revision = input.expected_revision;

-- name: risk_clearances_find
-- input: user_id bigint
SELECT
    risk_clearances.user_id,
    risk_clearances.until_us,
    risk_clearances.note,
    risk_clearances.cleared_by,
    risk_clearances.revision
FROM input
INNER JOIN risk_clearances ON risk_clearances.user_id = input.user_id;

-- name: risk_clearances_insert
-- input: user_id bigint, until_us bigint, note text, cleared_by text, revision integer
INSERT INTO risk_clearances (
    user_id,
    until_us,
    note,
    cleared_by,
    revision
)
SELECT
    user_id,
    until_us,
    note,
    cleared_by,
    revision
FROM input;

-- name: risk_clearances_update
-- input: user_id bigint, until_us bigint, note text, cleared_by text, revision integer, expected_revision integer
-- guarded: yes
UPDATE risk_clearances
SET
    until_us = input.until_us,
    note = input.note,
    cleared_by = input.cleared_by,
    revision = input.revision
FROM input
WHERE
    risk_clearances.user_id = input.user_id
    AND risk_clearances.revision = input.expected_revision;

-- name: risk_hits_insert
-- input: payer_id bigint, hit_id bigint, rule_id bigint, action integer, merchant_id bigint, order_id bigint, amount bigint, currency integer, method_id integer, terminal_id integer, passed integer, movement integer, receiver_id bigint
INSERT INTO risk_hits (
    payer_id,
    hit_id,
    rule_id,
    action,
    merchant_id,
    order_id,
    amount,
    currency,
    method_id,
    terminal_id,
    passed,
    movement,
    receiver_id
)
SELECT
    payer_id,
    hit_id,
    rule_id,
    action,
    merchant_id,
    order_id,
    amount,
    currency,
    method_id,
    terminal_id,
    passed,
    movement,
    receiver_id
FROM input;

-- name: risk_rule_by_id
SELECT
    rule_id,
    rule
FROM risk_rules
WHERE rule_id = :rule_id;

-- name: risk_rules_list
-- Newest first; 0 is any state.
SELECT
    rule_id,
    rule
FROM risk_rules
WHERE (state = :state OR :state = 0) AND rule_id < :before
ORDER BY rule_id DESC
LIMIT :most;

-- name: risk_rulebook
SELECT
    rules,
    revision
FROM risk_rulebooks;

-- name: risk_clearance_of
SELECT
    user_id,
    until_us,
    note,
    cleared_by,
    revision
FROM risk_clearances
WHERE user_id = :user_id;

-- name: risk_unseen_find
-- input: payer_id bigint
SELECT
    risk_unseen.payer_id,
    risk_unseen.hits,
    risk_unseen.action,
    risk_unseen.last_hit_id,
    risk_unseen.revision
FROM input
INNER JOIN risk_unseen ON risk_unseen.payer_id = input.payer_id;

-- name: risk_unseen_insert
-- input: payer_id bigint, hits integer, action integer, last_hit_id bigint, revision integer
INSERT INTO risk_unseen (
    payer_id,
    hits,
    action,
    last_hit_id,
    revision
)
SELECT
    payer_id,
    hits,
    action,
    last_hit_id,
    revision
FROM input;

-- name: risk_unseen_update
-- input: payer_id bigint, hits integer, action integer, last_hit_id bigint, revision integer, expected_revision integer
-- guarded: yes
UPDATE risk_unseen
SET
    hits = input.hits,
    action = input.action,
    last_hit_id = input.last_hit_id,
    revision = input.revision
FROM input
WHERE
    risk_unseen.payer_id = input.payer_id
    AND risk_unseen.revision = input.expected_revision;

-- name: risk_unseen_count
SELECT CAST(COUNT(*) AS BIGINT) AS payers
FROM risk_unseen
WHERE hits > 0 AND last_hit_id >= :since;

-- name: risk_unseen_list
-- The newest first.
SELECT
    payer_id,
    hits,
    action,
    last_hit_id,
    revision
FROM risk_unseen
WHERE
    hits > 0
    AND last_hit_id >= :since
    AND last_hit_id < :before
ORDER BY last_hit_id DESC
LIMIT :most;

-- name: risk_hits_list
-- Newest first; 0 is any.
SELECT
    payer_id,
    hit_id,
    rule_id,
    action,
    merchant_id,
    order_id,
    amount,
    currency,
    method_id,
    terminal_id,
    passed,
    movement,
    receiver_id
FROM risk_hits
WHERE
    hit_id < :before
    AND (payer_id = :payer_id OR :payer_id = 0)
    AND (merchant_id = :merchant_id OR :merchant_id = 0)
    AND (rule_id = :rule_id OR :rule_id = 0)
    AND (action = :action OR :action = 0)
    AND (movement = :movement OR :movement = 0)
ORDER BY hit_id DESC
LIMIT :most;
