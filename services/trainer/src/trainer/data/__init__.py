"""From the source to a checked table, with labelled feedback, split into training and hold-out rows."""
