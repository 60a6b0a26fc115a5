"""Errors that stop a benchmark; the message says what to do."""


class BenchError(Exception):
    """The benchmark could not be run."""


class ToolMissingError(BenchError):
    """A program of the machine that this needs is not there."""


class NotThereYetError(BenchError):
    """The server has no such route."""


class WrongAnswerError(BenchError):
    """A server answered, and not with what the model says; its speed would mean nothing."""
