-- What an order's money waits for after payment, and which basket pays it together with others.

ALTER TABLE orders ADD COLUMN hold SMALLINT NOT NULL DEFAULT 0; -- 0: nothing, the merchant has it

ALTER TABLE orders ADD COLUMN basket_id BIGINT NOT NULL DEFAULT 0; -- 0: it is paid alone
