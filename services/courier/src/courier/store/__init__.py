"""The store of the audit: one interface, PostgreSQL and SQLite behind it."""
