-- Merging platforms: who goes into whom, and how far it got.

CREATE TABLE mergers (
    merger_id BIGINT NOT NULL,
    source_id BIGINT NOT NULL,
    target_id BIGINT NOT NULL,
    body BYTEA NOT NULL, -- JSON
    state SMALLINT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (merger_id)
);

ALTER TABLE platforms ADD COLUMN heir_id BIGINT NOT NULL DEFAULT 0; -- 0: it was not merged

ALTER TABLE platforms ADD COLUMN merger_id BIGINT NOT NULL DEFAULT 0;

ALTER TABLE acceptances ADD COLUMN heir_id BIGINT NOT NULL DEFAULT 0; -- whose policies hold

ALTER TABLE acceptances ADD COLUMN heir_from_us BIGINT NOT NULL DEFAULT 0;

ALTER TABLE stores ADD COLUMN earlier BYTEA NOT NULL DEFAULT '[]'; -- JSON: terms before mergers
