"""Errors while the platform is started; the message is all a person needs to read."""


class LifecycleError(Exception):
    """The lifecycle could not go on."""


class AlreadyRunningError(LifecycleError):
    """A process of an earlier run still holds the files this run needs."""


class ProcessEndedError(LifecycleError):
    """A process ended before it was ready, or a step failed."""


class NotInTimeError(LifecycleError):
    """Something that was waited for did not happen in time."""
