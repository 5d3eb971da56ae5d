-- A number alone leads to its order or refund. SQLite asks each merchant in turn: see
-- docs/decisions/0103.
CREATE INDEX orders_by_number ON orders USING hash (reference);
CREATE INDEX refunds_by_number ON refunds USING hash (reference);
