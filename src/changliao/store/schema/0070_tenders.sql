-- Orders paid with money that a channel brings: see docs/decisions/0070.

CREATE TABLE tenders (
    payer_id BIGINT NOT NULL,
    payment_id BIGINT NOT NULL, -- also the channel request's
    merchant_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    method_id SMALLINT NOT NULL,
    terminal_id SMALLINT NOT NULL,
    state SMALLINT NOT NULL, -- 1: asked, 2: paid, 3: returned, 4: refused
    reason TEXT NOT NULL, -- why the order was not paid
    PRIMARY KEY (payer_id, payment_id)
);

CREATE INDEX tenders_of_order ON tenders (payer_id, order_id);

ALTER TABLE channel_requests ADD COLUMN order_id BIGINT NOT NULL DEFAULT 0; -- 0: for no order

CREATE INDEX channel_requests_waiting ON channel_requests (next_look_us) WHERE state = 5;

ALTER TABLE channels ADD COLUMN method_id SMALLINT NOT NULL DEFAULT 0; -- 0: carries none

UPDATE channels SET method_id = 2
WHERE channel_id = 16;

UPDATE channels SET method_id = 3
WHERE channel_id = 32;

ALTER TABLE orders ADD COLUMN method TEXT NOT NULL DEFAULT ''; -- code; empty: a wallet of the network
