-- Merchants test their addresses with samples of every door, and see what went out and came back.

ALTER TABLE webhook_tests ADD COLUMN door TEXT NOT NULL DEFAULT 'rest';

ALTER TABLE webhook_tests ADD COLUMN sample TEXT NOT NULL DEFAULT 'webhook.test';

CREATE TABLE test_exchanges (
    event_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    attempt INTEGER NOT NULL,
    sent_head BYTEA NOT NULL,
    sent BYTEA NOT NULL,
    answer_head BYTEA NOT NULL,
    answer BYTEA NOT NULL, -- its beginning
    PRIMARY KEY (event_id, merchant_id, attempt)
);
