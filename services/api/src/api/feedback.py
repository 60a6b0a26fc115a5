"""What turned out to be true, written to the same journal as the predictions it is about. Knows no HTTP."""

import orjson
import uuid_utils

from api.journal import Journal, now
from api.model_slot import ModelSlots


class Feedback:
    def __init__(self, slots: ModelSlots, journal: Journal) -> None:
        self._slots = slots
        self._journal = journal

    def take(self, raw: bytes, request_id: str, origin: str = "") -> bytes:
        """Accept one label or ``{"items": [...]}``, all of them or none; ``origin`` as in :class:`Asker`.

        Raises:
            ModelNotReadyError, InvalidInputError, TooLargeError, JournalUnavailableError: nothing was taken.
        """
        items = self._slots.production().feedback.read(raw)
        ids = [str(uuid_utils.uuid7()) for _ in items]
        at = now()
        self._journal.append(
            [
                b"%b%b}"
                % (
                    orjson.dumps({"kind": "feedback", "id": id_, "at": at, "request_id": request_id, **item})[:-1],
                    origin.encode(),
                )
                for id_, item in zip(ids, items, strict=True)
            ]
        )
        return orjson.dumps({"accepted": len(ids), "ids": ids})
