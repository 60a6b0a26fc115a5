"""Audited requests answered again by another version, and both answers compared."""
