-- What happened in the market: sums, folded from the journal by a worker. Nothing here is a fact of
-- its own but groups and synthetic people; all the rest can be forgotten and added up again.
-- Units: day is days since 1970-01-01 in Beijing, week and month likewise (core/market.py).

CREATE TABLE market_positions (
    node SMALLINT NOT NULL,
    leg_id BIGINT NOT NULL, -- up to this leg of the node everything is added up; -1: it is forgotten
    PRIMARY KEY (node)
);

CREATE TABLE market_volumes (
    day INTEGER NOT NULL,
    platform_id BIGINT NOT NULL, -- 0: merchants that are on no platform
    method_id SMALLINT NOT NULL,
    terminal_id SMALLINT NOT NULL,
    currency SMALLINT NOT NULL,
    payments BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    refunds BIGINT NOT NULL,
    refunded BIGINT NOT NULL,
    PRIMARY KEY (day, platform_id, method_id, terminal_id, currency)
);

CREATE TABLE market_months (
    user_id BIGINT NOT NULL,
    month INTEGER NOT NULL,
    visits BYTEA NOT NULL, -- MessagePack: day, platform, method, terminal, count
    PRIMARY KEY (user_id, month)
);

CREATE TABLE market_lives (
    user_id BIGINT NOT NULL,
    months BYTEA NOT NULL, -- MessagePack
    PRIMARY KEY (user_id)
);

CREATE TABLE market_seen (
    kind SMALLINT NOT NULL, -- 1: a day, 2: a week, 3: a month
    period INTEGER NOT NULL,
    dimension SMALLINT NOT NULL,
    members BYTEA NOT NULL, -- the ids of the set, eight bytes each
    users BIGINT NOT NULL,
    PRIMARY KEY (kind, period, dimension, members)
);

CREATE TABLE market_flows (
    kind SMALLINT NOT NULL,
    period INTEGER NOT NULL,
    source_id BIGINT NOT NULL, -- -1: was not there in the period before
    target_id BIGINT NOT NULL, -- -1: is not in this one
    users BIGINT NOT NULL,
    PRIMARY KEY (kind, period, source_id, target_id)
);

CREATE TABLE market_cohorts (
    first INTEGER NOT NULL,
    month INTEGER NOT NULL,
    users BIGINT NOT NULL,
    PRIMARY KEY (first, month)
);

CREATE TABLE market_groups (
    platform_id BIGINT NOT NULL,
    from_day INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (platform_id, from_day)
);

CREATE TABLE synthetic_people (
    user_id BIGINT NOT NULL,
    since_us BIGINT NOT NULL,
    run TEXT NOT NULL,
    PRIMARY KEY (user_id)
);
