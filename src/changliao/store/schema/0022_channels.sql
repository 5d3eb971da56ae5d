-- Channels, what was asked of them, and the books of the sandbox bank: see docs/decisions/0041.

CREATE TABLE channels (
    channel_id INTEGER NOT NULL, -- also the owner of its clearing accounts
    code TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    kind TEXT NOT NULL, -- the connector
    state SMALLINT NOT NULL, -- 1: healthy, 2: suspended
    weight INTEGER NOT NULL CHECK (weight >= 0),
    cost_bps INTEGER NOT NULL CHECK (cost_bps >= 0),
    terminals INTEGER NOT NULL, -- a bit for each terminal's number; 0: any
    misses INTEGER NOT NULL, -- answers missing in a row
    PRIMARY KEY (channel_id)
);

CREATE TABLE channel_requests (
    owner_id BIGINT NOT NULL,
    request_id BIGINT NOT NULL,
    channel_id INTEGER NOT NULL,
    kind SMALLINT NOT NULL, -- 1: pay, 2: refund, 3: payout
    book INTEGER NOT NULL, -- of the owner's account
    amount BIGINT NOT NULL CHECK (amount > 0), -- minor units, as all below
    asked_at_us BIGINT NOT NULL,
    next_look_us BIGINT NOT NULL,
    counterpart TEXT NOT NULL,
    pay_id BIGINT NOT NULL, -- what a refund gives back; 0: none
    state SMALLINT NOT NULL, -- 1: asked, 2: unknown, 3: done, 4: refused
    settled BIGINT NOT NULL CHECK (settled >= 0), -- what the channel moved
    returned BIGINT NOT NULL CHECK (returned >= 0 AND returned <= amount),
    reference TEXT NOT NULL, -- the channel's own number
    reason TEXT NOT NULL,
    looks INTEGER NOT NULL,
    finished_at_us BIGINT NOT NULL,
    PRIMARY KEY (owner_id, request_id)
);

CREATE INDEX channel_requests_open ON channel_requests (next_look_us) WHERE state <= 2;

CREATE TABLE bank_entries (
    channel_id INTEGER NOT NULL,
    number BIGINT NOT NULL, -- the instruction's
    kind SMALLINT NOT NULL,
    asked BIGINT NOT NULL,
    amount BIGINT NOT NULL, -- what the bank moved; 0: declined
    currency SMALLINT NOT NULL,
    books_at_us BIGINT NOT NULL,
    lines SMALLINT NOT NULL, -- how often the statement shows it
    PRIMARY KEY (channel_id, number)
);

CREATE TABLE bank_faults (
    channel_id INTEGER NOT NULL,
    kind SMALLINT NOT NULL,
    fault TEXT NOT NULL,
    remaining INTEGER NOT NULL CHECK (remaining >= 0),
    off BIGINT NOT NULL,
    PRIMARY KEY (channel_id, kind)
);

INSERT INTO channels (
    channel_id, code, name_zh, name_en, kind, state, weight, cost_bps, terminals, misses
) VALUES
(16, 'sandbox_bank', '沙箱银行', 'Sandbox bank', 'sandbox_bank', 1, 1, 0, 0, 0);
