-- What a merchant's keys refund may need two as well, and who loosens a threshold needs another.
-- See docs/decisions/0098.

ALTER TABLE refund_thresholds ADD COLUMN covers_keys SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE refund_thresholds ADD COLUMN wanted_amount BIGINT NOT NULL DEFAULT 0; -- minor units; 0: none
ALTER TABLE refund_thresholds ADD COLUMN wanted_covers_keys SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE refund_thresholds ADD COLUMN wanted_by TEXT NOT NULL DEFAULT ''; -- nobody: nothing waits

CREATE INDEX refund_proposals_open ON refund_proposals (organisation) WHERE state = 1;
