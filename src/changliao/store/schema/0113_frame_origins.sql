-- Whose pages may show the codes of a merchant's orders in a frame.
CREATE TABLE frame_origins (
    merchant_id BIGINT NOT NULL PRIMARY KEY,
    origins TEXT NOT NULL, -- with a space between two
    revision INTEGER NOT NULL
);
