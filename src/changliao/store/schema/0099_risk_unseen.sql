-- Payers who met risk rules since somebody last looked into them: counted when they do, not when read.

CREATE TABLE risk_unseen (
    payer_id BIGINT NOT NULL,
    hits INTEGER NOT NULL, -- 0: somebody has looked since
    action SMALLINT NOT NULL, -- the strictest; 1: note, 2: review, 3: refuse
    last_hit_id BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (payer_id)
);

-- An id holds the milliseconds since 2020-01-01 above its lowest 22 bits.
INSERT INTO risk_unseen (payer_id, hits, action, last_hit_id, revision)
SELECT
    risk_hits.payer_id,
    COUNT(*),
    MAX(risk_hits.action),
    MAX(risk_hits.hit_id),
    1
FROM risk_hits
LEFT JOIN risk_clearances ON risk_hits.payer_id = risk_clearances.user_id
WHERE
    ((risk_hits.hit_id >> 22) + 1577836800001) * 1000 > COALESCE(risk_clearances.until_us, 0)
GROUP BY risk_hits.payer_id;

CREATE INDEX risk_unseen_latest ON risk_unseen (last_hit_id) WHERE hits > 0;
