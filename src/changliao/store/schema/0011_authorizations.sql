-- Money frozen for a merchant, and what moved of it: see docs/decisions/0015.

CREATE TABLE authorizations (
    merchant_id BIGINT NOT NULL,
    authorization_id BIGINT NOT NULL,
    app_id BIGINT NOT NULL,
    reference TEXT NOT NULL, -- the merchant's own number
    freeze_reference TEXT NOT NULL, -- the merchant's own number of the freezing
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency SMALLINT NOT NULL,
    digest BYTEA NOT NULL,
    door TEXT NOT NULL,
    title TEXT NOT NULL,
    notify_url TEXT NOT NULL,
    details BYTEA NOT NULL,
    confirm_by_us BIGINT NOT NULL,
    ends_at_us BIGINT NOT NULL,
    payer_id BIGINT NOT NULL, -- 0: nobody yet
    state SMALLINT NOT NULL,
    captured BIGINT NOT NULL CHECK (captured >= 0),
    released BIGINT NOT NULL CHECK (released >= 0 AND captured + released <= amount),
    frozen_at_us BIGINT NOT NULL,
    finished_at_us BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, authorization_id)
);

CREATE UNIQUE INDEX authorizations_by_reference ON authorizations (merchant_id, reference);

CREATE TABLE authorization_steps (
    merchant_id BIGINT NOT NULL,
    authorization_id BIGINT NOT NULL,
    step_id BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    reference TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    order_id BIGINT NOT NULL, -- a capture's
    payment_id BIGINT NOT NULL, -- a capture's
    PRIMARY KEY (merchant_id, authorization_id, step_id)
);

CREATE UNIQUE INDEX authorization_steps_by_reference
ON authorization_steps (merchant_id, authorization_id, kind, reference);
