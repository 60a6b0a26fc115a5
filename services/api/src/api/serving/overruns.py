"""The consequences of a run that took too long: it is logged, and a canary or a shadow is counted out."""

import os

import structlog

from api.serving.counted_out import CountedOut
from api.serving.served_models import ServedModel

_STUCK = 70
"""The exit code of a worker with a run that could not be broken off."""

log = structlog.stdlib.get_logger(__name__)


class Overruns:
    """Logs runs that took too long, and counts out the canary or shadow that they belong to.

    Production is never counted out: it is a person's decision, and it answers what does not take too long.
    """

    def __init__(self, counted_out: CountedOut) -> None:
        self._counted_out = counted_out

    def note(self, model: ServedModel) -> None:
        """Note the model of a run that was broken off. Call it from any thread."""
        log.error("a run of the model took too long and was broken off", version=model.version, variant=model.variant)
        if model.variant != "production":
            self._counted_out.add(model.version, model.bundle.hash)

    def end(self, model: ServedModel) -> None:
        """End this process: a run of the model can't be broken off, and its thread would never be free again.

        gunicorn starts another worker. Nothing that was answered is lost: it was in the journal before.
        """
        self.note(model)
        log.critical("a run of the model can't be broken off, the worker ends", version=model.version)
        os._exit(_STUCK)
