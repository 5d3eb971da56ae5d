-- Money that waits after payment, whom merchants share it with, and how it was shared.

CREATE TABLE holdings (
    order_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    currency SMALLINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0), -- held at payment
    held BIGINT NOT NULL CHECK (held BETWEEN 0 AND amount),
    until_us BIGINT NOT NULL, -- then what is left goes to the merchant
    shared BIGINT NOT NULL CHECK (shared BETWEEN 0 AND amount),
    released BIGINT NOT NULL CHECK (released BETWEEN 0 AND amount),
    refunded BIGINT NOT NULL CHECK (refunded BETWEEN 0 AND amount),
    requests INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    state SMALLINT NOT NULL,
    PRIMARY KEY (order_id, merchant_id),
    CHECK (held + shared + released + refunded = amount)
);

CREATE TABLE receivers (
    merchant_id BIGINT NOT NULL,
    kind SMALLINT NOT NULL, -- 1: merchant, 2: user
    party_id BIGINT NOT NULL,
    relation TEXT NOT NULL,
    state SMALLINT NOT NULL,
    PRIMARY KEY (merchant_id, kind, party_id)
);

CREATE TABLE sharing (
    merchant_id BIGINT NOT NULL,
    ratio_bps INTEGER NOT NULL CHECK (ratio_bps BETWEEN 0 AND 10000),
    notify_url TEXT NOT NULL, -- where the merchant hears of what it received; may be empty
    PRIMARY KEY (merchant_id)
);

CREATE TABLE shares (
    merchant_id BIGINT NOT NULL,
    share_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    reference TEXT NOT NULL,
    digest BYTEA NOT NULL,
    partner_id BIGINT NOT NULL,
    description TEXT NOT NULL,
    released BIGINT NOT NULL CHECK (released >= 0),
    PRIMARY KEY (merchant_id, share_id)
);

CREATE UNIQUE INDEX shares_by_reference ON shares (merchant_id, partner_id, reference);

CREATE TABLE share_parts (
    share_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    party_id BIGINT NOT NULL,
    place INTEGER NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    account TEXT NOT NULL, -- how the request named the receiver
    description TEXT NOT NULL,
    returned BIGINT NOT NULL CHECK (returned BETWEEN 0 AND amount),
    PRIMARY KEY (share_id, merchant_id, kind, party_id)
);

CREATE TABLE share_returns (
    merchant_id BIGINT NOT NULL,
    return_id BIGINT NOT NULL,
    share_id BIGINT NOT NULL,
    receiver_id BIGINT NOT NULL,
    reference TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    digest BYTEA NOT NULL,
    partner_id BIGINT NOT NULL,
    description TEXT NOT NULL,
    PRIMARY KEY (merchant_id, return_id)
);

CREATE UNIQUE INDEX share_returns_by_reference ON share_returns (
    merchant_id, partner_id, reference
);
