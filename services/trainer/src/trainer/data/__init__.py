"""Turns the source into a checked table, with labelled feedback, split into training and hold-out rows."""
