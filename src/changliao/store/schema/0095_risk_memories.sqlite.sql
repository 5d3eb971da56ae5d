-- A topic is the kind of what was counted, or movement and currency of what was added up.
INSERT INTO risk_memories (owner_id, records, revision)
SELECT
    owner_id,
    UNHEX(GROUP_CONCAT(PRINTF('%04X%016X%016X', topic, at_us, amount), '' ORDER BY at_us)) AS records,
    1 AS revision
FROM (
    SELECT risk_recents.owner_id, risk_recents.kind AS topic, one.value AS at_us, 0 AS amount
    FROM risk_recents, JSON_EACH(CAST(risk_recents.times AS TEXT)) AS one
    UNION ALL
    SELECT
        risk_moved.owner_id,
        risk_moved.movement * 1000 + risk_moved.currency AS topic,
        JSON_EXTRACT(one.value, '$[0]') AS at_us,
        JSON_EXTRACT(one.value, '$[1]') AS amount
    FROM risk_moved, JSON_EACH(CAST(risk_moved.amounts AS TEXT)) AS one
)
GROUP BY owner_id;

DROP TABLE risk_recents;
DROP TABLE risk_moved;
