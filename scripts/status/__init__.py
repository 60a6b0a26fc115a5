"""`make status`: the status page as text."""
