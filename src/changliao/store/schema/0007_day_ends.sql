-- Where an account's chain of legs stood when a Beijing day was over: a projection beside the ledger,
-- written after the day, so that a bill of a day long ago does not walk back through all days since.

CREATE TABLE day_ends (
    owner_id BIGINT NOT NULL,
    book INTEGER NOT NULL,
    day INTEGER NOT NULL, -- days since 1970-01-01, in Beijing
    leg_id BIGINT NOT NULL, -- the newest leg of that day or before
    balance BIGINT NOT NULL, -- posted, after that leg
    PRIMARY KEY (owner_id, book, day)
);
