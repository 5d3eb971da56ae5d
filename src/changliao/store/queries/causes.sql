-- name: causes_find
-- input: cause_id bigint
SELECT
    causes.cause_id,
    causes.owner_id
FROM input
INNER JOIN causes ON causes.cause_id = input.cause_id;

-- name: causes_insert
-- input: cause_id bigint, owner_id bigint
INSERT INTO causes (cause_id, owner_id)
SELECT
    cause_id,
    owner_id
FROM input;
