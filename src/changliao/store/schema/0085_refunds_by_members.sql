-- Merchants' members refund too: each organisation has thresholds and proposals of its own, and
-- what a channel declined is found at once.

ALTER TABLE refund_thresholds RENAME TO refund_thresholds_before;

CREATE TABLE refund_thresholds (
    organisation BIGINT NOT NULL, -- a merchant; 1: the network
    currency SMALLINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0), -- minor units; 0: none
    revision INTEGER NOT NULL,
    PRIMARY KEY (organisation, currency)
);

INSERT INTO refund_thresholds (organisation, currency, amount, revision)
SELECT
    1 AS organisation,
    currency,
    amount,
    revision
FROM refund_thresholds_before;

DROP TABLE refund_thresholds_before;

ALTER TABLE refund_proposals ADD COLUMN organisation BIGINT NOT NULL DEFAULT 1;

CREATE INDEX refunds_abnormal ON refunds (refund_id) WHERE state = 4;
