-- Where merchants hear of stores, escrow, disputes and budgets.
CREATE TABLE notices (
    merchant_id BIGINT NOT NULL,
    notify_url TEXT NOT NULL, -- empty: nowhere
    PRIMARY KEY (merchant_id)
);
