-- Nonces of signed requests, where several processes answer them.
CREATE TABLE nonces (
    owner_id BIGINT NOT NULL, -- whose request it is: an app
    digest BYTEA NOT NULL,
    message BYTEA NOT NULL, -- digest of what was signed
    seen_at_us BIGINT NOT NULL,
    PRIMARY KEY (owner_id, digest)
);

CREATE INDEX nonces_by_age ON nonces (seen_at_us);
