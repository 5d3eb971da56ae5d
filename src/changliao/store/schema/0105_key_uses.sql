-- When keys were last used, to the hour.
CREATE TABLE key_uses (
    owner_id BIGINT NOT NULL, -- a merchant, or the network for operators
    serial TEXT NOT NULL,
    used_at_us BIGINT NOT NULL,
    PRIMARY KEY (owner_id, serial)
);
