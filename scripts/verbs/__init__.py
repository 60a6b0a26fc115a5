"""Runs the program behind `make VERB NAME=value`; an error names a wrong variable as the user typed it."""
