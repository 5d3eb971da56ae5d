-- name: merchant_by_id
SELECT
    merchant_id,
    number,
    name,
    fee_bps,
    api_key,
    created_at_us,
    state,
    signing_mode
FROM merchants
WHERE merchant_id = :merchant_id;

-- name: merchant_by_number
SELECT
    merchant_id,
    number,
    name,
    fee_bps,
    api_key,
    created_at_us,
    state,
    signing_mode
FROM merchants
WHERE number = :number;

-- name: merchants_list
SELECT
    merchant_id,
    number,
    name,
    fee_bps,
    api_key,
    created_at_us,
    state,
    signing_mode
FROM merchants
WHERE merchant_id > :after
ORDER BY merchant_id
LIMIT :most;

-- name: merchants_matching
-- Those with this number, or with the text in their name; a pattern of % alone is everybody.
SELECT
    merchant_id,
    number,
    name,
    fee_bps,
    api_key,
    created_at_us,
    state,
    signing_mode
FROM merchants
WHERE
    merchant_id > :after
    AND (number = :text OR lower(name) LIKE lower(:pattern) ESCAPE '!')
ORDER BY merchant_id
LIMIT :most;

-- name: merchant_names
SELECT
    merchant_id,
    name
FROM merchants;

-- name: app_by_id
SELECT
    app_id,
    number,
    merchant_id,
    name
FROM apps
WHERE app_id = :app_id;

-- name: app_by_number
SELECT
    app_id,
    number,
    merchant_id,
    name
FROM apps
WHERE number = :number;

-- name: apps_of_merchant
SELECT
    app_id,
    number,
    merchant_id,
    name
FROM apps
WHERE merchant_id = :merchant_id
ORDER BY app_id;

-- name: partners_of_merchant
SELECT
    merchants.number,
    partnerships.since_us
FROM partnerships
INNER JOIN merchants ON partnerships.partner_id = merchants.merchant_id
WHERE partnerships.merchant_id = :merchant_id
ORDER BY partnerships.since_us;

-- name: providers_of_merchant
SELECT partner_id
FROM partnerships
WHERE merchant_id = :merchant_id
ORDER BY since_us;

-- name: users_latest
SELECT
    user_id,
    phone,
    name,
    created_at_us
FROM users
WHERE user_id < :before
ORDER BY user_id DESC
LIMIT :most;

-- name: keys_of_merchant
SELECT
    merchant_id,
    serial,
    kind,
    material,
    starts_at_us,
    ends_at_us,
    revoked_at_us,
    member_id
FROM keys
WHERE merchant_id = :merchant_id
ORDER BY serial;

-- name: key_by_serial
SELECT
    merchant_id,
    serial,
    kind,
    material,
    starts_at_us,
    ends_at_us,
    revoked_at_us,
    member_id
FROM keys
WHERE serial = :serial
ORDER BY merchant_id
LIMIT 1;

-- name: partnership
SELECT
    partner_id,
    merchant_id,
    since_us
FROM partnerships
WHERE partner_id = :partner_id AND merchant_id = :merchant_id;

-- name: platform_keys_of_role
SELECT
    serial,
    private_key,
    certificate,
    starts_at_us,
    ends_at_us
FROM platform_keys
WHERE role = :role
ORDER BY starts_at_us, serial;

-- name: user_by_id
SELECT
    user_id,
    phone,
    name,
    created_at_us
FROM users
WHERE user_id = :user_id;

-- name: user_by_phone
SELECT
    users.user_id,
    users.phone,
    users.name,
    users.created_at_us
FROM phones
INNER JOIN users ON phones.user_id = users.user_id
WHERE phones.phone = :phone;

-- name: credential_of
SELECT
    user_id,
    kind,
    hash,
    set_at_us,
    failures,
    locked_until_us,
    reset_at_us
FROM credentials
WHERE user_id = :user_id AND kind = :kind;

-- name: session_user
SELECT
    users.user_id,
    users.phone,
    users.name,
    users.created_at_us
FROM sessions
INNER JOIN users ON sessions.user_id = users.user_id
WHERE sessions.token = :token AND sessions.expires_at_us > :now_us;
