"""From `make VERB NAME=value` to the program behind the verb; a wrong variable is named as it was typed."""
