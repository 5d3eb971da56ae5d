-- Money from merchants to users, money users reserve for merchants, and merchants who ask to join.

CREATE TABLE payouts (
    merchant_id BIGINT NOT NULL,
    payout_id BIGINT NOT NULL,
    app_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL, -- 0: it is paid alone
    reference TEXT NOT NULL, -- the merchant's own number
    payee_id BIGINT NOT NULL, -- 0: nobody we know
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency SMALLINT NOT NULL,
    digest BYTEA NOT NULL, -- identifies what was asked
    door TEXT NOT NULL,
    remark TEXT NOT NULL,
    notify_url TEXT NOT NULL,
    details BYTEA NOT NULL, -- the door's own JSON
    confirm_by_us BIGINT NOT NULL, -- 0: it is paid at once
    state SMALLINT NOT NULL,
    reason TEXT NOT NULL, -- why it failed
    finished_at_us BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, payout_id)
);

CREATE UNIQUE INDEX payouts_by_reference ON payouts (merchant_id, batch_id, reference);

CREATE TABLE payout_batches (
    merchant_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    app_id BIGINT NOT NULL,
    reference TEXT NOT NULL,
    currency SMALLINT NOT NULL,
    digest BYTEA NOT NULL,
    door TEXT NOT NULL,
    name TEXT NOT NULL,
    remark TEXT NOT NULL,
    notify_url TEXT NOT NULL,
    details BYTEA NOT NULL,
    payouts INTEGER NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    paid_payouts INTEGER NOT NULL CHECK (paid_payouts BETWEEN 0 AND payouts),
    paid_amount BIGINT NOT NULL CHECK (paid_amount BETWEEN 0 AND amount),
    finished_at_us BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, batch_id)
);

CREATE UNIQUE INDEX payout_batches_by_reference ON payout_batches (merchant_id, reference);
