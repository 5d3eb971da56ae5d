-- What a merchant pays for orders that a channel's method pays, where it is not the usual rate.

CREATE TABLE method_fees (
    merchant_id BIGINT NOT NULL,
    method_id SMALLINT NOT NULL,
    fee_bps INTEGER NOT NULL, -- basis points; -1: the usual rate again
    PRIMARY KEY (merchant_id, method_id)
);
