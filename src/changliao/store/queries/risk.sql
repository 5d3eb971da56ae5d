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

-- name: risk_memories_find
-- input: owner_id bigint
SELECT
    risk_memories.owner_id,
    risk_memories.records,
    risk_memories.revision
FROM input
INNER JOIN risk_memories ON risk_memories.owner_id = input.owner_id;

-- name: risk_memories_insert
-- input: owner_id bigint, records bytea, revision integer
INSERT INTO risk_memories (
    owner_id,
    records,
    revision
)
SELECT
    owner_id,
    records,
    revision
FROM input;

-- name: risk_memories_update
-- input: owner_id bigint, records bytea, revision integer, expected_revision integer
-- guarded: yes
UPDATE risk_memories
SET
    records = input.records,
    revision = input.revision
FROM input
WHERE
    risk_memories.owner_id = input.owner_id
    AND risk_memories.revision = input.expected_revision;

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
