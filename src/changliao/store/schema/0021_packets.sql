-- Red packets and who has a share of them: see docs/decisions/0040.

CREATE TABLE packets (
    giver_id BIGINT NOT NULL,
    packet_id BIGINT NOT NULL,
    kind SMALLINT NOT NULL, -- 1: equal, 2: lucky draw
    amount BIGINT NOT NULL CHECK (amount > 0), -- minor units
    currency SMALLINT NOT NULL,
    shares SMALLINT NOT NULL CHECK (shares > 0 AND shares <= amount),
    greeting TEXT NOT NULL,
    seed BYTEA NOT NULL, -- what a lucky draw comes from
    ends_at_us BIGINT NOT NULL,
    claims SMALLINT NOT NULL CHECK (claims >= 0 AND claims <= shares), -- how many
    claimed BIGINT NOT NULL CHECK (claimed >= claims AND claimed <= amount), -- their sum
    state SMALLINT NOT NULL, -- 1: open, 2: empty, 3: returned
    finished_at_us BIGINT NOT NULL,
    PRIMARY KEY (giver_id, packet_id)
);

CREATE TABLE packet_claims (
    giver_id BIGINT NOT NULL,
    packet_id BIGINT NOT NULL,
    claimer_id BIGINT NOT NULL,
    claim_id BIGINT NOT NULL,
    place SMALLINT NOT NULL CHECK (place >= 0),
    amount BIGINT NOT NULL CHECK (amount > 0),
    PRIMARY KEY (giver_id, packet_id, claimer_id)
);

CREATE UNIQUE INDEX packet_claims_by_place ON packet_claims (giver_id, packet_id, place);
CREATE UNIQUE INDEX packet_claims_by_id ON packet_claims (giver_id, claim_id);
