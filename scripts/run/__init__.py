"""The whole lifecycle on one machine, without containers: SQLite, local files, ordinary processes."""
