"""The journal the api appends to, as its reader sees it."""
