-- Baskets: several merchants' orders that are paid together.

CREATE TABLE baskets (
    basket_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL, -- who sells the whole
    reference TEXT NOT NULL, -- that merchant's own number
    amount BIGINT NOT NULL CHECK (amount > 0), -- the orders' sum
    currency SMALLINT NOT NULL,
    digest BYTEA NOT NULL, -- identifies what was asked
    members BYTEA NOT NULL, -- JSON: merchant and order of each
    PRIMARY KEY (basket_id, merchant_id)
);

CREATE UNIQUE INDEX baskets_by_reference ON baskets (merchant_id, reference);
