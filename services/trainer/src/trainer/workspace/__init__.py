"""Files on disk: where they are, how they are written, and the lock on them."""
