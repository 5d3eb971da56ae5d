-- What service providers hand in for merchants of theirs: see docs/decisions/0046.

CREATE TABLE media_files (
    merchant_id BIGINT NOT NULL,
    digest BYTEA NOT NULL, -- SHA-256 of the file as it was handed in
    name TEXT NOT NULL,
    kind TEXT NOT NULL, -- image or video
    content BYTEA NOT NULL, -- sealed
    kept_at_us BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, digest)
);

CREATE TABLE applyments (
    provider_id BIGINT NOT NULL,
    kind TEXT NOT NULL, -- the call it came by
    reference TEXT NOT NULL,
    merchant_id BIGINT NOT NULL, -- who was taken on
    digest BYTEA NOT NULL,
    details BYTEA NOT NULL, -- sealed
    applied_at_us BIGINT NOT NULL,
    PRIMARY KEY (provider_id, kind, reference)
);

CREATE UNIQUE INDEX applyments_by_merchant ON applyments (provider_id, merchant_id);

-- Orders whose money waits another time than usual, and codes that were used up.

CREATE TABLE hold_terms (
    merchant_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    days INTEGER NOT NULL CHECK (days > 0),
    PRIMARY KEY (merchant_id, order_id)
);

CREATE TABLE spent_codes (
    owner_id BIGINT NOT NULL, -- whose code it is: an app
    digest BYTEA NOT NULL,
    spent_at_us BIGINT NOT NULL,
    PRIMARY KEY (owner_id, digest)
);
