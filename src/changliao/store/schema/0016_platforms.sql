-- Platforms and their stores: small, read by every sale for a store.
CREATE TABLE platforms (
    merchant_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    created_at_us BIGINT NOT NULL,
    PRIMARY KEY (merchant_id)
);

CREATE TABLE stores (
    platform_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    title TEXT NOT NULL,
    mode SMALLINT NOT NULL,
    applied_at_us BIGINT NOT NULL,
    commission_bps INTEGER NOT NULL CHECK (commission_bps BETWEEN 0 AND 10000),
    cuts BYTEA NOT NULL, -- JSON: who else gets a part
    days INTEGER NOT NULL,
    state SMALLINT NOT NULL,
    reason TEXT NOT NULL,
    decided_at_us BIGINT NOT NULL,
    PRIMARY KEY (platform_id, merchant_id)
);
