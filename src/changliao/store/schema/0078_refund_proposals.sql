-- Large refunds by operators: from how much on two are needed, and what was proposed.

CREATE TABLE refund_thresholds (
    currency SMALLINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0), -- minor units; 0: none
    revision INTEGER NOT NULL,
    PRIMARY KEY (currency)
);

CREATE TABLE refund_proposals (
    proposal_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    proposal BYTEA NOT NULL, -- JSON
    state SMALLINT NOT NULL, -- 1: open, 2: approved, 3: rejected
    PRIMARY KEY (proposal_id)
);
