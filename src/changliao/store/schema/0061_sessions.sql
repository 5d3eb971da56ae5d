-- Where a person is logged in, to be seen and ended.
ALTER TABLE sessions ADD COLUMN opened_at_us BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN browser TEXT NOT NULL DEFAULT '';
CREATE INDEX sessions_of_user ON sessions (user_id);
