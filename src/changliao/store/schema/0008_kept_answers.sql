-- What a caller of the REST API was answered under its Idempotency-Key, for a day; and the
-- addresses of test events, which belong to no order.

CREATE TABLE kept_answers (
    owner_id BIGINT NOT NULL, -- the merchant, or the network for operators
    key TEXT NOT NULL, -- the caller's own word for the request
    digest BYTEA NOT NULL, -- SHA-256 of method, target and body
    status SMALLINT NOT NULL,
    body BYTEA NOT NULL, -- sealed
    kept_at_us BIGINT NOT NULL,
    PRIMARY KEY (owner_id, key)
);

CREATE INDEX kept_answers_by_age ON kept_answers (kept_at_us);

CREATE TABLE webhook_tests (
    event_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    notify_url TEXT NOT NULL,
    PRIMARY KEY (event_id, merchant_id)
);
