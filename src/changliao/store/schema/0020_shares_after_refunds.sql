-- How much of an order had gone back to its payer when it was divided.

ALTER TABLE shares ADD COLUMN refunded BIGINT NOT NULL DEFAULT 0;
