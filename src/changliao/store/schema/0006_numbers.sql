-- Parties as numbers of sixteen digits, and the network's own keys told apart by what they are for.
-- A number has a shard key of its own, so each direction is a table.

CREATE TABLE party_numbers (
    party_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (party_id)
);

CREATE TABLE numbered_parties (
    number BIGINT NOT NULL,
    party_id BIGINT NOT NULL,
    PRIMARY KEY (number)
);

ALTER TABLE platform_keys ADD COLUMN role TEXT NOT NULL DEFAULT 'wechatpay';
