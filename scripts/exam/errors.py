"""Errors that end the exam before it starts; the message is all a person needs to read."""


class ExamError(Exception):
    """A table cannot be fetched."""
