"""The courier's errors, as a small tree. A class's docstring is its default message."""

from __future__ import annotations

import inspect


class CourierError(Exception):
    """Something went wrong in the courier."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or inspect.getdoc(type(self)))


class ConfigurationError(CourierError):
    """A setting is missing or wrong; the courier can't start with it."""


class JournalInUseError(CourierError):
    """Another courier already drains this journal directory; stop it, or give this one a directory of its own."""


class RegistryUnavailableError(CourierError):
    """The registry did not answer; what is served stays as it is."""


class BundleRefusedError(CourierError):
    """A registry version can't be served.

    `reason` is one word from a short fixed list, fit for a metric's label; the message says what exactly is wrong.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class FrameRefusedError(CourierError):
    """A journal frame is whole, but its payload is not a record this courier knows."""


class OutboxError(CourierError):
    """The courier's own record could not be kept on disk; the sender must send it again."""


class QuestionError(CourierError):
    """The request to one of the courier's pages can't be read."""


class StoreUnavailableError(CourierError):
    """The store can't be reached or can't take anything now; the journal is kept and tried again."""


class RowsRefusedError(CourierError):
    """The store is well, but it refuses at least one of these rows."""
