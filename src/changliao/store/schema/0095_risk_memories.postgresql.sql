-- A topic is the kind of what was counted, or movement and currency of what was added up.
INSERT INTO risk_memories (owner_id, records, revision)
SELECT
    owner_id,
    STRING_AGG(INT2SEND(topic) || INT8SEND(at_us) || INT8SEND(amount), CAST('' AS BYTEA) ORDER BY at_us) AS records,
    1 AS revision
FROM (
    SELECT
        risk_recents.owner_id,
        risk_recents.kind AS topic,
        CAST(one.event AS BIGINT) AS at_us,
        CAST(0 AS BIGINT) AS amount
    FROM risk_recents
    CROSS JOIN LATERAL JSON_ARRAY_ELEMENTS_TEXT(CAST(CONVERT_FROM(risk_recents.times, 'UTF8') AS JSON)) AS one (event)
    UNION ALL
    SELECT
        risk_moved.owner_id,
        CAST(risk_moved.movement * 1000 + risk_moved.currency AS SMALLINT) AS topic,
        CAST(one.event ->> 0 AS BIGINT) AS at_us,
        CAST(one.event ->> 1 AS BIGINT) AS amount
    FROM risk_moved
    CROSS JOIN LATERAL JSON_ARRAY_ELEMENTS(CAST(CONVERT_FROM(risk_moved.amounts, 'UTF8') AS JSON)) AS one (event)
) AS events
GROUP BY owner_id;

DROP TABLE risk_recents;
DROP TABLE risk_moved;
