-- All that risk rules remember of a party is one row of short records. See docs/decisions/0095.

CREATE TABLE risk_memories (
    owner_id BIGINT NOT NULL, -- a payer or a merchant
    records BYTEA NOT NULL, -- one after the other: topic (2 bytes), microseconds (8), minor units (8)
    revision INTEGER NOT NULL,
    PRIMARY KEY (owner_id)
);
