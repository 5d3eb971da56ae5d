-- Passkeys that stand for the PIN. See docs/decisions/0091.

ALTER TABLE passkeys ADD COLUMN confirms_at_us BIGINT NOT NULL DEFAULT 0; -- 0: it does not
