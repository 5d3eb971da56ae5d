"""Where facts are kept: one SQL layer for SQLite, PostgreSQL and Citus."""
