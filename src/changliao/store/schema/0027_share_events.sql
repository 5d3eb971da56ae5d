-- What merchants are told of shares they received and gave back; few of all events.
-- And how what was shared of an order is found.
CREATE INDEX events_of_shares ON events (merchant_id, event_id) WHERE kind IN (27, 28);
CREATE INDEX share_returns_by_receiver ON share_returns (receiver_id, return_id);
CREATE INDEX shares_of_orders ON shares (merchant_id, order_id);
