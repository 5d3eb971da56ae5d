-- name: sessions_find
-- input: token bytea
SELECT
    sessions.token,
    sessions.user_id,
    sessions.expires_at_us,
    sessions.opened_at_us,
    sessions.browser
FROM input
INNER JOIN sessions ON sessions.token = input.token;

-- name: sessions_insert
-- input: token bytea, user_id bigint, expires_at_us bigint, opened_at_us bigint, browser text
INSERT INTO sessions (token, user_id, expires_at_us, opened_at_us, browser)
SELECT token, user_id, expires_at_us, opened_at_us, browser
FROM input;

-- name: sessions_update
-- input: token bytea, expires_at_us bigint, expected_expires_at_us bigint
-- guarded: yes
UPDATE sessions
SET expires_at_us = input.expires_at_us
FROM input
WHERE sessions.token = input.token AND sessions.expires_at_us = input.expected_expires_at_us;

-- name: sessions_of_user
-- Those that have not ended, newest first.
SELECT
    token,
    user_id,
    expires_at_us,
    opened_at_us,
    browser
FROM sessions
WHERE user_id = :user_id AND expires_at_us > :now_us
ORDER BY opened_at_us DESC
LIMIT :most;
