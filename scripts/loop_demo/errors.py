"""Errors that end the demo early; the message is all a person needs to read."""


class DemoError(Exception):
    """The platform can't show the loop, or a step of it did not happen."""
