-- What statements of channels differ in, and what was done about it: see docs/decisions/0071.

CREATE TABLE channel_differences (
    difference_id BIGINT NOT NULL,
    channel_id INTEGER NOT NULL,
    name TEXT NOT NULL, -- the same difference read again has the same
    statement TEXT NOT NULL,
    kind TEXT NOT NULL,
    request_id BIGINT NOT NULL, -- 0: a stranger's line
    said BIGINT NOT NULL, -- minor units, as all below; signed as our account there sees them
    ours BIGINT NOT NULL,
    reference TEXT NOT NULL,
    currency SMALLINT NOT NULL,
    owner_id BIGINT NOT NULL,
    book INTEGER NOT NULL,
    owed BIGINT NOT NULL CHECK (owed >= 0),
    opened_at_us BIGINT NOT NULL,
    suggested SMALLINT NOT NULL,
    state SMALLINT NOT NULL, -- 1: open, 2: proposed, 3: resolved
    resolution SMALLINT NOT NULL, -- 1: none, 2: suspense, 3: owner
    note TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at_us BIGINT NOT NULL,
    PRIMARY KEY (difference_id)
);

CREATE UNIQUE INDEX channel_differences_by_name ON channel_differences (channel_id, name);
