-- In whose hands an operator's key is: a member's, or a machine's (0). See docs/decisions/0055.
ALTER TABLE keys ADD COLUMN member_id BIGINT NOT NULL DEFAULT 0;
