-- Members of the network and of merchants, the browsers they logged in with, and what they did.
-- Their passwords are rows of credentials under the member's id.
CREATE TABLE members (
    member_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    role SMALLINT NOT NULL,
    organisation BIGINT NOT NULL, -- 1: the network, else a merchant
    totp BYTEA NOT NULL, -- sealed
    state SMALLINT NOT NULL,
    last_step BIGINT NOT NULL, -- of the second factor, in steps of 30 s since 1970
    PRIMARY KEY (member_id)
);

CREATE UNIQUE INDEX members_by_name ON members (name);

CREATE TABLE member_sessions (
    session_id BIGINT NOT NULL,
    token BYTEA NOT NULL, -- SHA-256 of what the browser holds
    member_id BIGINT NOT NULL,
    expires_at_us BIGINT NOT NULL,
    address TEXT NOT NULL,
    browser TEXT NOT NULL,
    PRIMARY KEY (session_id)
);

CREATE UNIQUE INDEX member_sessions_by_token ON member_sessions (token);

CREATE INDEX member_sessions_of_member ON member_sessions (member_id, session_id);

CREATE TABLE acts (
    act_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    details BYTEA NOT NULL, -- JSON, words for people
    address TEXT NOT NULL,
    PRIMARY KEY (act_id)
);

-- What nobody answered in the end: few, and looked for on every page of the console.
CREATE INDEX events_given_up ON events (event_id) WHERE state = 3;
