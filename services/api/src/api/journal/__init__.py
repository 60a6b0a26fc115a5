"""The append-only audit journal that the courier reads."""
