"""Feedback: the true labels of predictions, written to the same journal as these. Knows no HTTP."""

from collections.abc import Sequence
from typing import Any

import orjson

from api.bundle.feedback_schema import FeedbackSchema
from api.bundle.manifest import Manifest
from api.journal.identifiers import content_id
from api.journal.record import feedback_record, now
from api.journal.writer import Journal
from api.serving.served_models import ServedModels


class Feedback:
    """Takes the truth about earlier predictions into the journal."""

    def __init__(self, models: ServedModels, journal: Journal) -> None:
        self._models = models
        self._journal = journal

    def schema(self) -> FeedbackSchema:
        """The schema of feedback for the model in production; raises ModelNotReadyError while there is none."""
        return self._models.production().feedback

    def manifest(self) -> Manifest:
        """How a table of feedback may be written; raises like :meth:`schema`."""
        return self._models.production().bundle.manifest

    def take(self, items: Sequence[dict[str, Any]], request_id: str, origin: str = "") -> bytes:
        """Accept what ``schema`` has read, all of it or none; ``origin`` as in :class:`RequestContext`.

        An id is made from the content: the same feedback sent twice is one row in the store, with the newer time.

        Raises:
            TooLargeError, JournalUnavailableError: nothing was taken.
        """
        # not of a regression's label: that is a bin, and the next model may have others
        statements = ([item["prediction_id"], item.get("value", item["label"]), item["source"]] for item in items)
        ids = [content_id(orjson.dumps(one)) for one in statements]
        at = now()
        self._journal.append(
            [
                feedback_record(origin, id_=id_, at=at, request_id=request_id, item=item)
                for id_, item in zip(ids, items, strict=True)
            ]
        )
        return orjson.dumps({"accepted": len(ids), "ids": ids})
