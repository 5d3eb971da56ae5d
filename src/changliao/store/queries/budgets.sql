-- name: budgets_find
-- input: owner_id bigint, budget_id bigint
SELECT
    budgets.owner_id,
    budgets.budget_id,
    budgets.name,
    budgets.kind,
    budgets.cap,
    budgets.currency,
    budgets.face,
    budgets.rate_bps,
    budgets.threshold,
    budgets.most_each,
    budgets.starts_at_us,
    budgets.ends_at_us,
    budgets.coupon_lives_us,
    budgets.funded,
    budgets.state
FROM input
INNER JOIN budgets
    ON
        budgets.owner_id = input.owner_id
        AND budgets.budget_id = input.budget_id;

-- name: budgets_insert
-- input: owner_id bigint, budget_id bigint, name text, kind integer, cap bigint, currency integer, face bigint, rate_bps integer, threshold bigint, most_each integer, starts_at_us bigint, ends_at_us bigint, coupon_lives_us bigint, funded bigint, state integer
INSERT INTO budgets (
    owner_id,
    budget_id,
    name,
    kind,
    cap,
    currency,
    face,
    rate_bps,
    threshold,
    most_each,
    starts_at_us,
    ends_at_us,
    coupon_lives_us,
    funded,
    state
)
SELECT
    owner_id,
    budget_id,
    name,
    kind,
    cap,
    currency,
    face,
    rate_bps,
    threshold,
    most_each,
    starts_at_us,
    ends_at_us,
    coupon_lives_us,
    funded,
    state
FROM input;

-- name: budgets_update
-- input: owner_id bigint, budget_id bigint, funded bigint, state integer, expected_funded bigint, expected_state integer
-- guarded: yes
UPDATE budgets
SET
    funded = input.funded,
    state = input.state
FROM input
WHERE
    budgets.owner_id = input.owner_id
    AND budgets.budget_id = input.budget_id
    AND budgets.funded = input.expected_funded
    AND budgets.state = input.expected_state;

-- name: budget_takers_find
-- input: owner_id bigint, budget_id bigint, user_id bigint
SELECT
    budget_takers.owner_id,
    budget_takers.budget_id,
    budget_takers.user_id,
    budget_takers.taken
FROM input
INNER JOIN budget_takers
    ON
        budget_takers.owner_id = input.owner_id
        AND budget_takers.budget_id = input.budget_id
        AND budget_takers.user_id = input.user_id;

-- name: budget_takers_insert
-- input: owner_id bigint, budget_id bigint, user_id bigint, taken integer
INSERT INTO budget_takers (
    owner_id,
    budget_id,
    user_id,
    taken
)
SELECT
    owner_id,
    budget_id,
    user_id,
    taken
FROM input;

-- name: budget_takers_update
-- input: owner_id bigint, budget_id bigint, user_id bigint, taken integer, expected_taken integer
-- guarded: yes
UPDATE budget_takers
SET taken = input.taken
FROM input
WHERE
    budget_takers.owner_id = input.owner_id
    AND budget_takers.budget_id = input.budget_id
    AND budget_takers.user_id = input.user_id
    AND budget_takers.taken = input.expected_taken;

-- name: coupons_find
-- input: owner_id bigint, coupon_id bigint
SELECT
    coupons.owner_id,
    coupons.coupon_id,
    coupons.budget_id,
    coupons.user_id,
    coupons.expires_at_us,
    coupons.state
FROM input
INNER JOIN coupons
    ON
        coupons.owner_id = input.owner_id
        AND coupons.coupon_id = input.coupon_id;

-- name: coupons_insert
-- input: owner_id bigint, coupon_id bigint, budget_id bigint, user_id bigint, expires_at_us bigint, state integer
INSERT INTO coupons (
    owner_id,
    coupon_id,
    budget_id,
    user_id,
    expires_at_us,
    state
)
SELECT
    owner_id,
    coupon_id,
    budget_id,
    user_id,
    expires_at_us,
    state
FROM input;

-- name: coupons_update
-- input: owner_id bigint, coupon_id bigint, state integer, expected_state integer
-- guarded: yes
UPDATE coupons
SET state = input.state
FROM input
WHERE
    coupons.owner_id = input.owner_id
    AND coupons.coupon_id = input.coupon_id
    AND coupons.state = input.expected_state;

-- name: discounts_find
-- input: merchant_id bigint, order_id bigint
SELECT
    discounts.merchant_id,
    discounts.order_id,
    discounts.owner_id,
    discounts.budget_id,
    discounts.coupon_id,
    discounts.payer_id,
    discounts.payment_id,
    discounts.amount,
    discounts.returned
FROM input
INNER JOIN discounts
    ON
        discounts.merchant_id = input.merchant_id
        AND discounts.order_id = input.order_id;

-- name: discounts_insert
-- input: merchant_id bigint, order_id bigint, owner_id bigint, budget_id bigint, coupon_id bigint, payer_id bigint, payment_id bigint, amount bigint, returned bigint
INSERT INTO discounts (
    merchant_id,
    order_id,
    owner_id,
    budget_id,
    coupon_id,
    payer_id,
    payment_id,
    amount,
    returned
)
SELECT
    merchant_id,
    order_id,
    owner_id,
    budget_id,
    coupon_id,
    payer_id,
    payment_id,
    amount,
    returned
FROM input;

-- name: discounts_update
-- input: merchant_id bigint, order_id bigint, returned bigint, expected_returned bigint
-- guarded: yes
UPDATE discounts
SET returned = input.returned
FROM input
WHERE
    discounts.merchant_id = input.merchant_id
    AND discounts.order_id = input.order_id
    AND discounts.returned = input.expected_returned;

-- name: budget_by_id
SELECT
    owner_id,
    budget_id,
    name,
    kind,
    cap,
    currency,
    face,
    rate_bps,
    threshold,
    most_each,
    starts_at_us,
    ends_at_us,
    coupon_lives_us,
    funded,
    state
FROM budgets
WHERE owner_id = :owner_id AND budget_id = :budget_id;

-- name: budgets_of_owner
-- Newest first.
SELECT
    owner_id,
    budget_id,
    name,
    kind,
    cap,
    currency,
    face,
    rate_bps,
    threshold,
    most_each,
    starts_at_us,
    ends_at_us,
    coupon_lives_us,
    funded,
    state
FROM budgets
WHERE owner_id = :owner_id AND budget_id < :before
ORDER BY budget_id DESC
LIMIT :most;

-- name: subsidies_for_payer
-- Open now, with what the person has taken. The newest first.
SELECT
    budgets.owner_id,
    budgets.budget_id,
    budgets.name,
    budgets.kind,
    budgets.cap,
    budgets.currency,
    budgets.face,
    budgets.rate_bps,
    budgets.threshold,
    budgets.most_each,
    budgets.starts_at_us,
    budgets.ends_at_us,
    budgets.coupon_lives_us,
    budgets.funded,
    budgets.state,
    COALESCE(budget_takers.taken, 0) AS taken
FROM budgets
LEFT JOIN budget_takers
    ON
        budgets.owner_id = budget_takers.owner_id
        AND budgets.budget_id = budget_takers.budget_id
        AND budget_takers.user_id = :user_id
WHERE
    budgets.owner_id = :owner_id
    AND budgets.kind = 2
    AND budgets.state = 1
    AND budgets.starts_at_us <= :now
    AND budgets.ends_at_us > :now
ORDER BY budgets.budget_id DESC
LIMIT :most;

-- name: coupons_of_user
-- Newest first.
SELECT
    owner_id,
    coupon_id,
    budget_id,
    user_id,
    expires_at_us,
    state
FROM coupons
WHERE user_id = :user_id AND coupon_id < :before
ORDER BY coupon_id DESC
LIMIT :most;

-- name: coupons_to_use
-- What a person may use at an owner's shops now. The next to expire first.
SELECT
    owner_id,
    coupon_id,
    budget_id,
    user_id,
    expires_at_us,
    state
FROM coupons
WHERE
    user_id = :user_id
    AND owner_id = :owner_id
    AND state = 1
    AND expires_at_us > :now
ORDER BY expires_at_us, coupon_id
LIMIT :most;

-- name: discount_of_order
SELECT
    merchant_id,
    order_id,
    owner_id,
    budget_id,
    coupon_id,
    payer_id,
    payment_id,
    amount,
    returned
FROM discounts
WHERE merchant_id = :merchant_id AND order_id = :order_id;

-- name: discounts_of_budget
SELECT
    CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS amount,
    CAST(COALESCE(SUM(returned), 0) AS BIGINT) AS returned,
    COUNT(*) AS uses
FROM discounts
WHERE owner_id = :owner_id AND budget_id = :budget_id;

-- name: audit_budgets
SELECT
    owner_id,
    budget_id,
    name,
    kind,
    cap,
    currency,
    face,
    rate_bps,
    threshold,
    most_each,
    starts_at_us,
    ends_at_us,
    coupon_lives_us,
    funded,
    state
FROM budgets
ORDER BY owner_id, budget_id;

-- name: audit_coupons
-- How many wait to be used, by budget.
SELECT
    owner_id,
    budget_id,
    COUNT(*) AS waiting
FROM coupons
WHERE state = 1
GROUP BY owner_id, budget_id;

-- name: audit_discounts
SELECT
    discounts.merchant_id,
    discounts.order_id,
    discounts.owner_id,
    discounts.budget_id,
    discounts.coupon_id,
    discounts.payer_id,
    discounts.payment_id,
    discounts.amount,
    discounts.returned,
    orders.amount AS ordered,
    orders.refunded,
    orders.discount
FROM discounts
INNER JOIN orders
    ON
        discounts.merchant_id = orders.merchant_id
        AND discounts.order_id = orders.order_id
ORDER BY discounts.merchant_id, discounts.order_id;

-- name: audit_discounted_orders
SELECT
    CAST(COALESCE(SUM(discount), 0) AS BIGINT) AS discount,
    COUNT(*) AS orders
FROM orders
WHERE discount > 0;
