"""The operator's verbs against the platform that runs, here or in containers."""
