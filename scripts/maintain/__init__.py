"""Upkeep of the repository: locks, audits, workflow lint and releases."""
