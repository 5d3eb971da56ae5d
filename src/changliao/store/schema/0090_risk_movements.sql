-- Risk rules judge transfers, red packets and withdrawals as well. See docs/decisions/0090.

ALTER TABLE risk_hits ADD COLUMN movement SMALLINT NOT NULL DEFAULT 1; -- 1: payment, 2: transfer, 3: packet, 4: withdrawal
ALTER TABLE risk_hits ADD COLUMN receiver_id BIGINT NOT NULL DEFAULT 0; -- of a transfer

CREATE TABLE risk_moved (
    owner_id BIGINT NOT NULL, -- who moved it
    movement SMALLINT NOT NULL, -- as in risk_hits
    currency SMALLINT NOT NULL,
    amounts BYTEA NOT NULL, -- JSON, pairs of microseconds and minor units
    revision INTEGER NOT NULL,
    PRIMARY KEY (owner_id, movement, currency)
);

-- Did one ever transfer to the other? A rule may ask.
CREATE INDEX wallet_transfers_by_pair ON wallet_transfers (payer_id, payee_id, transfer_id);
