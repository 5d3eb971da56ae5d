-- What operators list: escrows by when they end and while they are disputed, disputes, and the
-- accounts of a book.
CREATE INDEX holdings_due ON holdings (until_us, order_id) WHERE state = 1 AND held > 0;
CREATE INDEX holdings_disputed ON holdings (order_id) WHERE state = 3;
CREATE INDEX disputes_latest ON disputes (dispute_id);
CREATE INDEX disputes_open ON disputes (dispute_id) WHERE state = 1;
CREATE INDEX accounts_of_book ON accounts (book, owner_id);
