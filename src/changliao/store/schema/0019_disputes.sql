-- Disputes about money in escrow, and what both sides say.
CREATE TABLE disputes (
    merchant_id BIGINT NOT NULL,
    dispute_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    payer_id BIGINT NOT NULL,
    reason TEXT NOT NULL,
    state SMALLINT NOT NULL,
    refunded BIGINT NOT NULL CHECK (refunded >= 0),
    decision TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    ended_at_us BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, dispute_id)
);

CREATE INDEX disputes_by_order ON disputes (merchant_id, order_id);

CREATE TABLE dispute_notes (
    merchant_id BIGINT NOT NULL,
    dispute_id BIGINT NOT NULL,
    note_id BIGINT NOT NULL,
    author TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (merchant_id, dispute_id, note_id)
);
