-- Room in each page for the row's next version: an update then touches no index.
ALTER TABLE accounts SET (fillfactor = 70);
ALTER TABLE orders SET (fillfactor = 80);
