"""A repository of one's own that starts from this one, and takes its updates."""
