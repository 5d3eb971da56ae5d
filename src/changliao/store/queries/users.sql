-- name: users_find
-- input: user_id bigint
SELECT
    users.user_id,
    users.phone,
    users.name,
    users.created_at_us
FROM input
INNER JOIN users ON users.user_id = input.user_id;

-- name: users_insert
-- input: user_id bigint, phone text, name text, created_at_us bigint
INSERT INTO users (user_id, phone, name, created_at_us)
SELECT user_id, phone, name, created_at_us
FROM input;

-- name: phones_find
-- input: phone text
SELECT
    phones.phone,
    phones.user_id
FROM input
INNER JOIN phones ON phones.phone = input.phone;

-- name: phones_insert
-- input: phone text, user_id bigint
INSERT INTO phones (phone, user_id)
SELECT phone, user_id
FROM input;
