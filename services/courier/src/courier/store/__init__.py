"""Where the audit lives: one interface, PostgreSQL and SQLite behind it."""
