-- Whose movement or budget an id names. Channels and the audit know a movement by its id alone, a budget has
-- accounts of its id, and whoever asks may choose the id: one that names another's is refused.
CREATE TABLE causes (
    cause_id BIGINT NOT NULL,
    owner_id BIGINT NOT NULL,
    PRIMARY KEY (cause_id)
);

INSERT INTO causes (cause_id, owner_id)
SELECT
    request_id,
    MIN(owner_id)
FROM channel_requests
GROUP BY request_id;

INSERT INTO causes (cause_id, owner_id)
SELECT
    packet_id,
    MIN(giver_id)
FROM packets
WHERE packet_id NOT IN (SELECT cause_id FROM causes)
GROUP BY packet_id;

INSERT INTO causes (cause_id, owner_id)
SELECT
    budget_id,
    MIN(owner_id)
FROM budgets
WHERE budget_id NOT IN (SELECT cause_id FROM causes)
GROUP BY budget_id;
