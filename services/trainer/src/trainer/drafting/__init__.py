"""Drafts a contract from a table that nobody has described: how it is written, what each column is, the target."""
