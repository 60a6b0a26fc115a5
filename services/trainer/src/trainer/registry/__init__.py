"""MLflow: versions, aliases, tags, and the moves between them."""
