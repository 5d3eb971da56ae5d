-- What merchants say became of their orders.
CREATE TABLE fulfilments (
    merchant_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    reference TEXT NOT NULL,
    kind TEXT NOT NULL, -- in the words of the door it was said by
    status TEXT NOT NULL,
    said_at_us BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, order_id, reference)
);
