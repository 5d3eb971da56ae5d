-- Where refunds went that a channel had declined. `request_id` of a refund: what it waits for now.

ALTER TABLE refunds ADD COLUMN request_id BIGINT NOT NULL DEFAULT 0; -- 0: under its own id

CREATE TABLE refund_repairs (
    owner_id BIGINT NOT NULL, -- the payer, as of the request to the channel
    request_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    refund_id BIGINT NOT NULL,
    goal SMALLINT NOT NULL, -- 1: a card of the payer's; 2: the merchant
    amount BIGINT NOT NULL CHECK (amount > 0),
    digest BYTEA NOT NULL, -- what was asked for
    PRIMARY KEY (owner_id, request_id)
);
