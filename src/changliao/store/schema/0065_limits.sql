-- Identity levels, what each may spend, who has which, and where each wallet's debits stood.

CREATE TABLE identity_levels (
    level SMALLINT NOT NULL,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    needs_zh TEXT NOT NULL,
    needs_en TEXT NOT NULL,
    PRIMARY KEY (level)
);

-- One row a currency, read by every payment in it: no row, no limit.
CREATE TABLE limits (
    currency SMALLINT NOT NULL,
    of_level BYTEA NOT NULL, -- JSON, in the order of levels; minor units
    revision INTEGER NOT NULL,
    PRIMARY KEY (currency)
);

CREATE TABLE identities (
    user_id BIGINT NOT NULL,
    level SMALLINT NOT NULL,
    set_at_us BIGINT NOT NULL,
    counts INTEGER NOT NULL, -- rows of spendings
    revision INTEGER NOT NULL,
    PRIMARY KEY (user_id)
);

-- What was spent is the wallet's debits less base and given.
CREATE TABLE spendings (
    user_id BIGINT NOT NULL,
    currency SMALLINT NOT NULL,
    level SMALLINT NOT NULL, -- as in identities
    since_us BIGINT NOT NULL,
    day_number INTEGER NOT NULL, -- Beijing days since 1970-01-01
    day_base BIGINT NOT NULL, -- minor units
    day_given BIGINT NOT NULL CHECK (day_given >= 0), -- minor units
    year_number SMALLINT NOT NULL,
    year_base BIGINT NOT NULL CHECK (year_base <= day_base), -- minor units
    year_given BIGINT NOT NULL CHECK (year_given >= 0), -- minor units
    revision INTEGER NOT NULL,
    PRIMARY KEY (user_id, currency)
);

INSERT INTO identity_levels (level, name_zh, name_en, needs_zh, needs_en) VALUES
(1, '基础', 'Basic', '手机号', 'a phone number'),
(2, '实名', 'Verified', '姓名和身份证号，由钱包运营方核验', 'name and identity number, checked by the wallet''s operator'),
(3, '面签', 'Checked in person', '带身份证到柜台，或视频核验', 'the identity card, at a counter or on video');
