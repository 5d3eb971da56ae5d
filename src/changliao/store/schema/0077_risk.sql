-- Risk: rules and those in force, what happened lately, who was cleared, and hits. See docs/decisions/0077.

CREATE TABLE risk_rules (
    rule_id BIGINT NOT NULL,
    rule BYTEA NOT NULL, -- JSON
    state SMALLINT NOT NULL, -- 1: drafted, 2: in force, 3: withdrawn, 4: ended
    PRIMARY KEY (rule_id)
);

-- One row, read by every payment: no row, no rule.
CREATE TABLE risk_rulebooks (
    rulebook SMALLINT NOT NULL CHECK (rulebook = 1),
    rules BYTEA NOT NULL, -- JSON, those in force
    revision INTEGER NOT NULL,
    PRIMARY KEY (rulebook)
);

CREATE TABLE risk_recents (
    owner_id BIGINT NOT NULL, -- a payer, or a merchant for kind 3
    kind SMALLINT NOT NULL, -- 1: payment, 2: wrong PIN, 3: refund or dispute
    times BYTEA NOT NULL, -- JSON, microseconds
    revision INTEGER NOT NULL,
    PRIMARY KEY (owner_id, kind)
);

CREATE TABLE risk_clearances (
    user_id BIGINT NOT NULL,
    until_us BIGINT NOT NULL,
    note TEXT NOT NULL,
    cleared_by TEXT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (user_id)
);

CREATE TABLE risk_hits (
    payer_id BIGINT NOT NULL,
    hit_id BIGINT NOT NULL,
    rule_id BIGINT NOT NULL,
    action SMALLINT NOT NULL, -- 1: note, 2: review, 3: refuse
    merchant_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL, -- 0: money is frozen before there is an order
    amount BIGINT NOT NULL, -- minor units
    currency SMALLINT NOT NULL,
    method_id INTEGER NOT NULL,
    terminal_id INTEGER NOT NULL,
    passed SMALLINT NOT NULL,
    PRIMARY KEY (payer_id, hit_id)
);

CREATE INDEX risk_hits_by_time ON risk_hits (hit_id);
