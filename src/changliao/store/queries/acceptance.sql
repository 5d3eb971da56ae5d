-- name: acceptances_find
-- input: platform_id bigint
SELECT
    acceptances.platform_id,
    acceptances.policies,
    acceptances.heir_id,
    acceptances.heir_from_us
FROM input
INNER JOIN acceptances ON acceptances.platform_id = input.platform_id;

-- name: acceptances_insert
-- input: platform_id bigint, policies bytea, version integer, heir_id bigint, heir_from_us bigint
INSERT INTO acceptances (platform_id, policies, version, heir_id, heir_from_us)
SELECT platform_id, policies, version, heir_id, heir_from_us
FROM input;

-- name: acceptances_update
-- input: platform_id bigint, policies bytea, version integer, heir_id bigint, heir_from_us bigint, expected_version integer, expected_heir_id bigint
-- guarded: yes
UPDATE acceptances
SET
    policies = input.policies,
    version = input.version,
    heir_id = input.heir_id,
    heir_from_us = input.heir_from_us
FROM input
WHERE
    acceptances.platform_id = input.platform_id
    AND acceptances.version = input.expected_version
    AND acceptances.heir_id = input.expected_heir_id;

-- name: policy_drafts_find
-- input: draft_id bigint
SELECT
    policy_drafts.draft_id,
    policy_drafts.platform_id,
    policy_drafts.body,
    policy_drafts.state
FROM input
INNER JOIN policy_drafts ON policy_drafts.draft_id = input.draft_id;

-- name: policy_drafts_insert
-- input: draft_id bigint, platform_id bigint, body bytea, state integer
INSERT INTO policy_drafts (draft_id, platform_id, body, state)
SELECT draft_id, platform_id, body, state
FROM input;

-- name: policy_drafts_update
-- input: draft_id bigint, body bytea, state integer, expected_state integer
-- guarded: yes
UPDATE policy_drafts
SET
    body = input.body,
    state = input.state
FROM input
WHERE policy_drafts.draft_id = input.draft_id AND policy_drafts.state = input.expected_state;

-- name: methods_find
-- input: method_id integer
SELECT
    methods.method_id,
    methods.code,
    methods.name_zh,
    methods.name_en,
    methods.connector
FROM input
INNER JOIN methods ON methods.method_id = input.method_id;

-- name: methods_insert
-- input: method_id integer, code text, name_zh text, name_en text, connector text
INSERT INTO methods (method_id, code, name_zh, name_en, connector)
SELECT method_id, code, name_zh, name_en, connector
FROM input;

-- name: terminals_find
-- input: terminal_id integer
SELECT
    terminals.terminal_id,
    terminals.code,
    terminals.name_zh,
    terminals.name_en
FROM input
INNER JOIN terminals ON terminals.terminal_id = input.terminal_id;

-- name: methods_all
SELECT
    method_id,
    code,
    name_zh,
    name_en,
    connector
FROM methods
ORDER BY method_id;

-- name: terminals_all
SELECT
    terminal_id,
    code,
    name_zh,
    name_en
FROM terminals
ORDER BY terminal_id;

-- name: acceptance_of
SELECT
    platform_id,
    policies,
    heir_id,
    heir_from_us
FROM acceptances
WHERE platform_id = :platform_id;

-- name: acceptances_all
SELECT
    platform_id,
    policies,
    heir_id,
    heir_from_us
FROM acceptances
ORDER BY platform_id;

-- name: policy_draft_by_id
SELECT
    draft_id,
    platform_id,
    body,
    state
FROM policy_drafts
WHERE draft_id = :draft_id;

-- name: policy_drafts_latest
-- Newest first; platform_id 0: of all platforms; state 0: in any state.
SELECT
    draft_id,
    platform_id,
    body,
    state
FROM policy_drafts
WHERE
    draft_id < :before
    AND (platform_id = :platform_id OR :platform_id = 0)
    AND (state = :state OR :state = 0)
ORDER BY draft_id DESC
LIMIT :most;

-- name: open_orders_by_scene
SELECT
    scene,
    count(*) AS open_orders,
    sum(amount) AS total
FROM orders
WHERE
    (merchant_id = :platform_id OR partner_id = :platform_id)
    AND state = 1 AND expires_at_us > :now_us
GROUP BY scene;

-- name: volume_by_method
-- Paid orders of a platform between two payments' ids.
SELECT
    payments.method_id,
    payments.terminal_id,
    count(*) AS paid_orders,
    sum(orders.amount) AS total
FROM payments
INNER JOIN orders
    ON payments.order_id = orders.order_id AND payments.merchant_id = orders.merchant_id
WHERE
    (orders.merchant_id = :platform_id OR orders.partner_id = :platform_id)
    AND payments.reason = ''
    AND payments.payment_id >= :first AND payments.payment_id < :last
    AND payments.payer_id NOT IN (SELECT synthetic_people.user_id FROM synthetic_people)
GROUP BY payments.method_id, payments.terminal_id;

-- name: volume_elsewhere
-- Where those who paid a platform by a method between first and middle paid until last.
SELECT
    orders.partner_id,
    orders.merchant_id,
    count(*) AS paid_orders,
    sum(orders.amount) AS total
FROM payments
INNER JOIN orders
    ON payments.order_id = orders.order_id AND payments.merchant_id = orders.merchant_id
WHERE
    payments.reason = ''
    AND payments.payment_id >= :middle AND payments.payment_id < :last
    AND payments.payer_id NOT IN (SELECT synthetic_people.user_id FROM synthetic_people)
    AND payments.payer_id IN (
        SELECT earlier.payer_id
        FROM payments AS earlier
        INNER JOIN orders AS sold
            ON earlier.order_id = sold.order_id AND earlier.merchant_id = sold.merchant_id
        WHERE
            (sold.merchant_id = :platform_id OR sold.partner_id = :platform_id)
            AND earlier.reason = ''
            AND earlier.method_id = :method_id
            AND earlier.payment_id >= :first AND earlier.payment_id < :middle
    )
GROUP BY orders.partner_id, orders.merchant_id;
