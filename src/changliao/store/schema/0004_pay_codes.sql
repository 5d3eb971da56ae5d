-- Pay codes: what a person shows at a counter. A row is deleted an hour after its minute.

CREATE TABLE pay_codes (
    code BIGINT NOT NULL, -- 18 digits
    user_id BIGINT NOT NULL,
    expires_at_us BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL, -- 0: not used yet
    order_id BIGINT NOT NULL, -- 0: not used yet
    PRIMARY KEY (code)
);
