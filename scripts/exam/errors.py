"""What ends the exam before it has begun; the message is all a person needs to read."""


class ExamError(Exception):
    """A table cannot be fetched."""
