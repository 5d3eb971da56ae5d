-- What each statement of a channel came to when it was read last: counts, and sums in minor units
-- signed as our account there sees them.
CREATE TABLE reconciliations (
    channel_id INTEGER NOT NULL,
    currency SMALLINT NOT NULL,
    begins_us BIGINT NOT NULL,
    ends_us BIGINT NOT NULL,
    statement TEXT NOT NULL,
    read_at_us BIGINT NOT NULL,
    ours_count BIGINT NOT NULL,
    ours BIGINT NOT NULL,
    theirs_count BIGINT NOT NULL,
    theirs BIGINT NOT NULL,
    matched_count BIGINT NOT NULL,
    matched BIGINT NOT NULL,
    missing_here_count BIGINT NOT NULL,
    missing_here BIGINT NOT NULL,
    missing_there_count BIGINT NOT NULL,
    missing_there BIGINT NOT NULL,
    differing_count BIGINT NOT NULL,
    differing BIGINT NOT NULL,
    not_as_asked_count BIGINT NOT NULL,
    not_as_asked BIGINT NOT NULL,
    PRIMARY KEY (channel_id, currency, begins_us)
);

CREATE INDEX reconciliations_latest ON reconciliations (begins_us, channel_id, currency);
