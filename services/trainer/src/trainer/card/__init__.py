"""The card of a version: one page that says what it is, how good it is, and what it cannot do."""
