-- From when a forgotten PIN may be set anew without the old one; 0: nobody asked.
ALTER TABLE credentials ADD COLUMN reset_at_us BIGINT NOT NULL DEFAULT 0;
