-- Bills of a group, and the parts people gave.

CREATE TABLE group_bills (
    payee_id BIGINT NOT NULL,
    bill_id BIGINT NOT NULL,
    title TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0), -- minor units, of all parts together
    currency SMALLINT NOT NULL,
    shares SMALLINT NOT NULL CHECK (shares > 0 AND shares <= amount),
    ends_at_us BIGINT NOT NULL,
    paid SMALLINT NOT NULL CHECK (paid >= 0 AND paid <= shares), -- how many
    collected BIGINT NOT NULL CHECK (collected >= paid AND collected <= amount), -- their sum
    state SMALLINT NOT NULL, -- 1: open, 2: full, 3: closed
    PRIMARY KEY (payee_id, bill_id)
);

CREATE TABLE group_shares (
    payee_id BIGINT NOT NULL,
    bill_id BIGINT NOT NULL,
    payer_id BIGINT NOT NULL,
    share_id BIGINT NOT NULL,
    place SMALLINT NOT NULL CHECK (place >= 0),
    amount BIGINT NOT NULL CHECK (amount > 0),
    PRIMARY KEY (payee_id, bill_id, payer_id)
);

CREATE UNIQUE INDEX group_shares_by_place ON group_shares (payee_id, bill_id, place);
