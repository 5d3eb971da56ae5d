-- name: members_find
-- input: member_id bigint
SELECT
    members.member_id,
    members.name,
    members.role,
    members.organisation,
    members.totp,
    members.state,
    members.last_step
FROM input
INNER JOIN members ON members.member_id = input.member_id;

-- name: members_find_by_name
-- input: name text
SELECT
    members.member_id,
    members.name,
    members.role,
    members.organisation,
    members.totp,
    members.state,
    members.last_step
FROM input
INNER JOIN members ON members.name = input.name;

-- name: members_insert
-- input: member_id bigint, name text, role integer, organisation bigint, totp bytea, state integer, last_step bigint
INSERT INTO members (member_id, name, role, organisation, totp, state, last_step)
SELECT member_id, name, role, organisation, totp, state, last_step
FROM input;

-- name: members_update
-- input: member_id bigint, role integer, totp bytea, state integer, last_step bigint, expected_role integer, expected_state integer, expected_last_step bigint
-- guarded: yes
UPDATE members
SET
    role = input.role,
    totp = input.totp,
    state = input.state,
    last_step = input.last_step
FROM input
WHERE
    members.member_id = input.member_id
    AND members.role = input.expected_role
    AND members.state = input.expected_state
    AND members.last_step = input.expected_last_step;

-- name: member_sessions_find
-- input: session_id bigint
SELECT
    member_sessions.session_id,
    member_sessions.token,
    member_sessions.member_id,
    member_sessions.expires_at_us,
    member_sessions.address,
    member_sessions.browser
FROM input
INNER JOIN member_sessions ON member_sessions.session_id = input.session_id;

-- name: member_sessions_insert
-- input: session_id bigint, token bytea, member_id bigint, expires_at_us bigint, address text, browser text
INSERT INTO member_sessions (session_id, token, member_id, expires_at_us, address, browser)
SELECT session_id, token, member_id, expires_at_us, address, browser
FROM input;

-- name: member_sessions_update
-- input: session_id bigint, expires_at_us bigint, expected_expires_at_us bigint
-- guarded: yes
UPDATE member_sessions
SET expires_at_us = input.expires_at_us
FROM input
WHERE
    member_sessions.session_id = input.session_id
    AND member_sessions.expires_at_us = input.expected_expires_at_us;

-- name: acts_find
-- input: act_id bigint
SELECT
    acts.act_id,
    acts.member_id,
    acts.action,
    acts.subject,
    acts.details,
    acts.address,
    acts.at_us
FROM input
INNER JOIN acts ON acts.act_id = input.act_id;

-- name: acts_insert
-- input: act_id bigint, member_id bigint, action text, subject text, details bytea, address text, at_us bigint
INSERT INTO acts (act_id, member_id, action, subject, details, address, at_us)
SELECT act_id, member_id, action, subject, details, address, at_us
FROM input;

-- name: members_all
-- Of one organisation (0: of all).
SELECT
    member_id,
    name,
    role,
    organisation,
    totp,
    state,
    last_step
FROM members
WHERE organisation = :organisation OR :organisation = 0
ORDER BY member_id;

-- name: member_by_id
SELECT
    member_id,
    name,
    role,
    organisation,
    totp,
    state,
    last_step
FROM members
WHERE member_id = :member_id;

-- name: member_by_name
SELECT
    member_id,
    name,
    role,
    organisation,
    totp,
    state,
    last_step
FROM members
WHERE name = :reference;

-- name: member_of_session
SELECT
    member_sessions.session_id,
    member_sessions.token,
    member_sessions.member_id,
    member_sessions.expires_at_us,
    member_sessions.address,
    member_sessions.browser
FROM member_sessions
WHERE member_sessions.token = :token AND member_sessions.expires_at_us > :now_us;

-- name: sessions_of_member
SELECT
    session_id,
    token,
    member_id,
    expires_at_us,
    address,
    browser
FROM member_sessions
WHERE member_id = :member_id AND expires_at_us > :now_us
ORDER BY session_id DESC
LIMIT :most;

-- name: acts_latest
-- Of one member (0: of all), from one act on, which was committed then.
SELECT
    act_id,
    member_id,
    action,
    subject,
    details,
    address,
    at_us
FROM acts
WHERE
    (at_us < :from_us OR (at_us = :from_us AND act_id <= :act_id))
    AND (member_id = :member_id OR :member_id = 0)
ORDER BY at_us DESC, act_id DESC
LIMIT :most;

-- name: acts_of_subject
SELECT
    act_id,
    member_id,
    action,
    subject,
    details,
    address,
    at_us
FROM acts
WHERE subject = :reference
ORDER BY at_us DESC
LIMIT :most;

-- name: act_by_id
SELECT
    act_id,
    member_id,
    action,
    subject,
    details,
    address,
    at_us
FROM acts
WHERE act_id = :act_id;
