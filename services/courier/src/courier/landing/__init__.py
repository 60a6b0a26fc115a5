"""Lands the journal in the store, exactly once."""
