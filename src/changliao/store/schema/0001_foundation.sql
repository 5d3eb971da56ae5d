-- The foundation: the books, orders and what hangs on them, parties, and what the world must hear.
-- Units: *_us are microseconds UTC (0: never), amounts are minor units, currency is the ISO number.
-- The first column named in every `distribute` line of 0001_foundation.citus.sql is the shard key;
-- it is part of every primary key and unique index. SQLite keeps every table in primary-key order.

CREATE TABLE accounts (
    owner_id BIGINT NOT NULL,
    book INTEGER NOT NULL,
    debits_posted BIGINT NOT NULL,
    credits_posted BIGINT NOT NULL,
    debits_pending BIGINT NOT NULL,
    credits_pending BIGINT NOT NULL,
    floor BIGINT NOT NULL,
    last_leg BIGINT NOT NULL, -- the newest leg: each leg names the one before it
    previous_leg BIGINT NOT NULL, -- what last_leg was before the last commit that touched the row
    PRIMARY KEY (owner_id, book),
    CHECK (credits_posted - debits_posted - debits_pending >= floor),
    CHECK (debits_pending >= 0 AND credits_pending >= 0)
);

CREATE TABLE legs (
    leg_id BIGINT NOT NULL, -- even: the debit side; odd: the credit side of the transfer one less
    owner_id BIGINT NOT NULL,
    book INTEGER NOT NULL,
    amount BIGINT NOT NULL, -- posted
    pending BIGINT NOT NULL, -- added to the reservation, negative when released
    other_owner_id BIGINT NOT NULL,
    other_book INTEGER NOT NULL,
    code SMALLINT NOT NULL,
    cause_id BIGINT NOT NULL, -- the payment, refund or other fact that explains it
    previous_leg BIGINT NOT NULL, -- the leg before it on the same account, 0 for the first
    PRIMARY KEY (leg_id, owner_id),
    CHECK (amount >= 0)
);

CREATE TABLE pending_transfers (
    pending_id BIGINT NOT NULL,
    debit_owner_id BIGINT NOT NULL,
    debit_book INTEGER NOT NULL,
    credit_owner_id BIGINT NOT NULL,
    credit_book INTEGER NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    posted BIGINT NOT NULL CHECK (posted BETWEEN 0 AND amount),
    state SMALLINT NOT NULL,
    expires_at_us BIGINT NOT NULL,
    PRIMARY KEY (pending_id, debit_owner_id)
);

CREATE TABLE journal (
    node SMALLINT NOT NULL, -- each process appends to a chain of its own
    number BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    first_leg BIGINT NOT NULL,
    last_leg BIGINT NOT NULL,
    transfers INTEGER NOT NULL,
    hash BYTEA NOT NULL, -- SHA-256 of the hash before it and of the transfers
    PRIMARY KEY (node, number)
);

CREATE TABLE orders (
    merchant_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    partner_id BIGINT NOT NULL, -- the service provider that placed it, 0: the merchant itself
    app_id BIGINT NOT NULL,
    reference TEXT NOT NULL, -- the merchant's own number
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency SMALLINT NOT NULL,
    scene SMALLINT NOT NULL,
    expires_at_us BIGINT NOT NULL,
    fee_bps INTEGER NOT NULL,
    digest BYTEA NOT NULL, -- identifies the terms
    notifies SMALLINT NOT NULL, -- 1: the terms hold an address to tell
    state SMALLINT NOT NULL,
    issue INTEGER NOT NULL,
    payer_id BIGINT NOT NULL,
    payment_id BIGINT NOT NULL,
    paid_at_us BIGINT NOT NULL,
    fee BIGINT NOT NULL,
    refunded BIGINT NOT NULL CHECK (refunded BETWEEN 0 AND amount),
    refunds INTEGER NOT NULL,
    fee_returned BIGINT NOT NULL CHECK (fee_returned BETWEEN 0 AND fee),
    PRIMARY KEY (order_id, merchant_id)
);

CREATE INDEX orders_by_merchant ON orders (merchant_id, order_id);

CREATE UNIQUE INDEX orders_by_reference ON orders (merchant_id, partner_id, reference);

CREATE TABLE order_terms (
    order_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    title TEXT NOT NULL,
    attach TEXT NOT NULL,
    notify_url TEXT NOT NULL,
    door TEXT NOT NULL, -- where it came in: wechatpay, rest
    details BYTEA NOT NULL, -- the door's own JSON
    PRIMARY KEY (order_id, merchant_id)
);

-- What must be looked at when its time has come. A row is deleted when it was; being late is safe.
CREATE TABLE deadlines (
    at_us BIGINT NOT NULL,
    subject_id BIGINT NOT NULL,
    owner_id BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    PRIMARY KEY (at_us, subject_id, owner_id)
);

CREATE TABLE payments (
    payment_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    payer_id BIGINT NOT NULL,
    reason TEXT NOT NULL, -- why it was refused; empty when it was paid
    PRIMARY KEY (payment_id, merchant_id)
);

CREATE TABLE refunds (
    merchant_id BIGINT NOT NULL,
    refund_id BIGINT NOT NULL,
    partner_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    reference TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    digest BYTEA NOT NULL,
    notify_url TEXT NOT NULL,
    reason TEXT NOT NULL,
    state SMALLINT NOT NULL,
    finished_at_us BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, refund_id)
);

CREATE UNIQUE INDEX refunds_by_reference ON refunds (merchant_id, partner_id, reference);

CREATE INDEX refunds_by_order ON refunds (merchant_id, order_id);

CREATE TABLE top_ups (
    top_up_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency SMALLINT NOT NULL,
    channel BIGINT NOT NULL,
    PRIMARY KEY (top_up_id, user_id)
);

CREATE TABLE wallet_transfers (
    transfer_id BIGINT NOT NULL,
    payer_id BIGINT NOT NULL,
    payee_id BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency SMALLINT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (transfer_id, payer_id)
);

CREATE TABLE events (
    event_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    subject_id BIGINT NOT NULL,
    state SMALLINT NOT NULL,
    attempts INTEGER NOT NULL,
    next_at_us BIGINT NOT NULL,
    PRIMARY KEY (event_id, merchant_id)
);

CREATE INDEX events_due ON events (next_at_us) WHERE state = 1;

CREATE TABLE event_bodies (
    event_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (event_id, merchant_id)
);

CREATE TABLE deliveries (
    event_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    attempt INTEGER NOT NULL,
    at_us BIGINT NOT NULL,
    status SMALLINT NOT NULL, -- 0: no answer
    duration_ms INTEGER NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (event_id, attempt, merchant_id)
);

CREATE TABLE users (
    user_id BIGINT NOT NULL,
    phone TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at_us BIGINT NOT NULL,
    PRIMARY KEY (user_id)
);

-- A phone number belongs to one user. It has a shard key of its own, so it is a table of its own.
CREATE TABLE phones (
    phone TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    PRIMARY KEY (phone)
);

CREATE TABLE credentials (
    user_id BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    hash TEXT NOT NULL,
    set_at_us BIGINT NOT NULL,
    failures INTEGER NOT NULL,
    locked_until_us BIGINT NOT NULL,
    PRIMARY KEY (user_id, kind)
);

CREATE TABLE sessions (
    token BYTEA NOT NULL, -- SHA-256 of what the browser holds
    user_id BIGINT NOT NULL,
    expires_at_us BIGINT NOT NULL,
    PRIMARY KEY (token)
);

CREATE TABLE merchants (
    merchant_id BIGINT NOT NULL,
    number TEXT NOT NULL, -- the protocol's mchid
    name TEXT NOT NULL,
    fee_bps INTEGER NOT NULL,
    api_key BYTEA NOT NULL, -- sealed
    created_at_us BIGINT NOT NULL,
    state SMALLINT NOT NULL,
    signing_mode SMALLINT NOT NULL,
    PRIMARY KEY (merchant_id)
);

CREATE UNIQUE INDEX merchants_by_number ON merchants (number);

CREATE TABLE apps (
    app_id BIGINT NOT NULL,
    number TEXT NOT NULL, -- the protocol's appid
    merchant_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (app_id)
);

CREATE UNIQUE INDEX apps_by_number ON apps (number);

CREATE TABLE keys (
    merchant_id BIGINT NOT NULL,
    serial TEXT NOT NULL,
    kind SMALLINT NOT NULL,
    material BYTEA NOT NULL, -- public keys as PEM; secrets sealed
    starts_at_us BIGINT NOT NULL,
    ends_at_us BIGINT NOT NULL,
    revoked_at_us BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, serial)
);

CREATE INDEX keys_by_serial ON keys (serial);

CREATE TABLE partnerships (
    partner_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    since_us BIGINT NOT NULL,
    PRIMARY KEY (partner_id, merchant_id)
);

-- The network's own signing keys: the private key sealed, the certificate as PEM.
CREATE TABLE platform_keys (
    serial TEXT NOT NULL,
    private_key BYTEA NOT NULL,
    certificate BYTEA NOT NULL,
    starts_at_us BIGINT NOT NULL,
    ends_at_us BIGINT NOT NULL,
    PRIMARY KEY (serial)
);
