-- Passkeys of users and members. A removed one is kept, so that it is never accepted again.
CREATE TABLE passkeys (
    credential BYTEA NOT NULL, -- as the authenticator calls it
    owner_id BIGINT NOT NULL, -- a user or a member
    name TEXT NOT NULL,
    public_key BYTEA NOT NULL, -- COSE
    sign_count BIGINT NOT NULL CHECK (sign_count >= 0), -- 0: does not count
    added_at_us BIGINT NOT NULL,
    used_at_us BIGINT NOT NULL, -- 0: never
    removed_at_us BIGINT NOT NULL, -- 0: is accepted
    PRIMARY KEY (credential)
);

CREATE INDEX passkeys_of_owner ON passkeys (owner_id);
