-- What orders share by themselves when they are paid: see docs/decisions/0057.
CREATE TABLE planned_shares (
    merchant_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    intended BYTEA NOT NULL, -- JSON, of core/orders.py
    keeps SMALLINT NOT NULL, -- 1: what is left waits
    PRIMARY KEY (merchant_id, order_id)
);
