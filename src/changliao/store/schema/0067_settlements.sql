-- When and where to merchants' money is settled, and each run's settlement.

CREATE TABLE settlement_cycles (
    merchant_id BIGINT NOT NULL,
    currency SMALLINT NOT NULL,
    days SMALLINT NOT NULL CHECK (days > 0), -- after the day that is settled
    channel TEXT NOT NULL, -- its code
    account TEXT NOT NULL, -- in the channel's own words
    since_day INTEGER NOT NULL, -- Beijing days since 1970-01-01
    least BIGINT NOT NULL CHECK (least > 0), -- minor units
    paused SMALLINT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (merchant_id, currency)
);

CREATE TABLE settlements (
    merchant_id BIGINT NOT NULL,
    currency SMALLINT NOT NULL,
    day_number INTEGER NOT NULL, -- the last Beijing day that it settles
    settlement_id BIGINT NOT NULL,
    first_day INTEGER NOT NULL CHECK (first_day <= day_number),
    opening BIGINT NOT NULL, -- minor units
    closing BIGINT NOT NULL, -- minor units
    amount BIGINT NOT NULL CHECK (amount >= 0), -- minor units
    state SMALLINT NOT NULL, -- 1: empty, 2: made, 3: paying, 4: paid, 5: returned
    tries SMALLINT NOT NULL,
    request_id BIGINT NOT NULL, -- 0: none yet
    paid BIGINT NOT NULL CHECK (paid >= 0 AND paid <= amount), -- minor units
    reason TEXT NOT NULL,
    made_at_us BIGINT NOT NULL,
    finished_at_us BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, currency, day_number)
);

CREATE INDEX settlements_by_state ON settlements (state, settlement_id);

CREATE UNIQUE INDEX settlements_by_id ON settlements (merchant_id, settlement_id);
