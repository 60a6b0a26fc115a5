"""Programs that a person runs from the repository's root."""
