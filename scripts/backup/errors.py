"""Errors of a backup; the message is all a person needs to read."""


class BackupError(Exception):
    """A backup could not be made or restored."""


class ArchiveError(BackupError):
    """An archive is damaged, incomplete or of another kind; nothing was restored from it."""


class NotConfirmedError(BackupError):
    """Nobody confirmed it; nothing was changed."""
