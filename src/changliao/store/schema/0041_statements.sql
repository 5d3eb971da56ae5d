-- When a channel booked a request, for its statements: see docs/channels.md.

ALTER TABLE channel_requests ADD COLUMN booked_at_us BIGINT NOT NULL DEFAULT 0;

CREATE INDEX channel_requests_of_channel ON channel_requests (channel_id, request_id);

CREATE INDEX channel_requests_booked ON channel_requests (channel_id, booked_at_us);

CREATE INDEX channel_requests_asked ON channel_requests (channel_id, asked_at_us);

CREATE INDEX bank_entries_booked ON bank_entries (channel_id, books_at_us);
