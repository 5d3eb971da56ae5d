-- name: media_files_find
-- input: merchant_id bigint, digest bytea
SELECT
    media_files.merchant_id,
    media_files.digest,
    media_files.name,
    media_files.kind,
    media_files.content,
    media_files.kept_at_us
FROM input
INNER JOIN media_files
    ON media_files.merchant_id = input.merchant_id AND media_files.digest = input.digest;

-- name: media_files_insert
-- input: merchant_id bigint, digest bytea, name text, kind text, content bytea, kept_at_us bigint
INSERT INTO media_files (merchant_id, digest, name, kind, content, kept_at_us)
SELECT merchant_id, digest, name, kind, content, kept_at_us
FROM input;

-- name: media_file_known
SELECT COUNT(*)
FROM media_files
WHERE merchant_id = :merchant_id AND digest = :token;

-- name: applyments_find
-- input: provider_id bigint, kind text, reference text
SELECT
    applyments.provider_id,
    applyments.kind,
    applyments.reference,
    applyments.merchant_id,
    applyments.digest,
    applyments.details,
    applyments.applied_at_us
FROM input
INNER JOIN applyments
    ON
        applyments.provider_id = input.provider_id
        AND applyments.kind = input.kind
        AND applyments.reference = input.reference;

-- name: applyments_insert
-- input: provider_id bigint, kind text, reference text, merchant_id bigint, digest bytea, details bytea, applied_at_us bigint
INSERT INTO applyments (
    provider_id, kind, reference, merchant_id, digest, details, applied_at_us
)
SELECT provider_id, kind, reference, merchant_id, digest, details, applied_at_us
FROM input;

-- name: applyments_of_provider
SELECT
    provider_id,
    kind,
    reference,
    merchant_id,
    digest,
    details,
    applied_at_us
FROM applyments
WHERE provider_id = :provider_id AND merchant_id = :merchant_id;

-- name: applyments_by_reference
SELECT
    provider_id,
    kind,
    reference,
    merchant_id,
    digest,
    details,
    applied_at_us
FROM applyments
WHERE provider_id = :provider_id AND reference = :reference
ORDER BY kind;
