-- Budgets and what is paid from them: see docs/decisions/0042.

CREATE TABLE budgets (
    owner_id BIGINT NOT NULL,
    budget_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    kind SMALLINT NOT NULL, -- 1: coupons, 2: subsidies
    cap BIGINT NOT NULL CHECK (cap > 0), -- minor units
    currency SMALLINT NOT NULL,
    face BIGINT NOT NULL CHECK (face > 0 AND face <= cap),
    rate_bps INTEGER NOT NULL,
    threshold BIGINT NOT NULL,
    most_each INTEGER NOT NULL,
    starts_at_us BIGINT NOT NULL,
    ends_at_us BIGINT NOT NULL,
    coupon_lives_us BIGINT NOT NULL,
    funded BIGINT NOT NULL CHECK (funded >= 0 AND funded <= cap),
    state SMALLINT NOT NULL, -- 1: open, 2: paused, 3: closed
    PRIMARY KEY (owner_id, budget_id)
);

CREATE TABLE budget_takers (
    owner_id BIGINT NOT NULL,
    budget_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    taken INTEGER NOT NULL CHECK (taken > 0),
    PRIMARY KEY (owner_id, budget_id, user_id)
);

CREATE TABLE coupons (
    owner_id BIGINT NOT NULL,
    coupon_id BIGINT NOT NULL,
    budget_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    expires_at_us BIGINT NOT NULL,
    state SMALLINT NOT NULL, -- 1: claimed, 2: used, 3: expired
    PRIMARY KEY (owner_id, coupon_id)
);

CREATE INDEX coupons_by_user ON coupons (user_id, coupon_id);

CREATE TABLE discounts (
    merchant_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    owner_id BIGINT NOT NULL,
    budget_id BIGINT NOT NULL,
    coupon_id BIGINT NOT NULL, -- 0: a subsidy
    payer_id BIGINT NOT NULL,
    payment_id BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    returned BIGINT NOT NULL CHECK (returned >= 0 AND returned <= amount),
    PRIMARY KEY (merchant_id, order_id)
);

CREATE INDEX discounts_by_budget ON discounts (owner_id, budget_id);

ALTER TABLE orders ADD COLUMN discount BIGINT NOT NULL DEFAULT 0;

ALTER TABLE refunds ADD COLUMN discount BIGINT NOT NULL DEFAULT 0;
