-- name: deadlines_insert
-- input: at_us bigint, subject_id bigint, owner_id bigint, kind integer
INSERT INTO deadlines (at_us, subject_id, owner_id, kind)
SELECT at_us, subject_id, owner_id, kind
FROM input;

-- name: deadlines_delete
-- input: at_us bigint, subject_id bigint, owner_id bigint
DELETE FROM deadlines
WHERE (at_us, subject_id, owner_id) IN (
    SELECT
        at_us,
        subject_id,
        owner_id
    FROM input
);

-- name: deadlines_due
SELECT
    at_us,
    subject_id,
    owner_id,
    kind
FROM deadlines
WHERE at_us <= :now_us
ORDER BY at_us
LIMIT :most;
