"""Watches the stages of requests for predictions. This one does nothing; tracing has one that makes spans."""

from collections.abc import Sequence

from api.serving.answers import RequestContext
from api.serving.served_models import ServedModel


class Observer:
    """Called from the event loop, for each request in this order. Times are of ``perf_counter``, in seconds."""

    def begins(self, context: RequestContext, rows: int) -> None:
        """The request was read and has this many valid rows."""

    def keeps(self, contexts: Sequence[RequestContext], started: float, writing: float, written: float) -> None:
        """The requests' answers are in the journal, by one write between ``writing`` and ``written``.

        ``started`` is when the model began to run for all of them together; 0 where it ran for one request alone.
        """

    def ends(self, model: ServedModel, context: RequestContext) -> None:
        """The request has its answer, or failed."""
