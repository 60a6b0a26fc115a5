"""A project cannot be made or upgraded."""


class ProjectError(Exception):
    """The message says what is wrong, and what to do."""
