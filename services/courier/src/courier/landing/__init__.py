"""From the journal into the store, exactly once."""
