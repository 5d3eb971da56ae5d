-- name: app_certificates_find
-- input: app_id bigint
SELECT
    app_certificates.app_id,
    app_certificates.serial
FROM input
INNER JOIN app_certificates ON app_certificates.app_id = input.app_id;

-- name: app_certificates_insert
-- input: app_id bigint, serial text
INSERT INTO app_certificates (app_id, serial)
SELECT
    app_id,
    serial
FROM input;

-- name: app_certificates_update
-- input: app_id bigint, serial text, expected_serial text
-- guarded: yes
UPDATE app_certificates
SET serial = input.serial
FROM input
WHERE app_certificates.app_id = input.app_id AND app_certificates.serial = input.expected_serial;

-- name: app_certificates_chosen
SELECT
    apps.number,
    app_certificates.serial
FROM app_certificates
INNER JOIN apps ON app_certificates.app_id = apps.app_id
WHERE app_certificates.serial <> ''
ORDER BY apps.number;
