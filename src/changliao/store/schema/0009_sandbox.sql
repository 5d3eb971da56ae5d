-- The developer sandbox: what goes wrong on purpose, who pays by itself, how far its clock is ahead.

CREATE TABLE sandbox_rules (
    merchant_id BIGINT NOT NULL, -- 0: every merchant without a rule of its own
    kind SMALLINT NOT NULL,
    body BYTEA NOT NULL, -- JSON of the kind's own form; empty: no rule
    PRIMARY KEY (merchant_id, kind)
);

-- What callers asked at the API doors, masked: a bounded number of the newest is kept.
CREATE TABLE sandbox_requests (
    request_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL, -- 0: nobody who could be told
    record BYTEA NOT NULL, -- JSON
    PRIMARY KEY (request_id, merchant_id)
);
