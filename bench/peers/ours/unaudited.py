"""Our api with a journal that keeps nothing, to show what the audit costs. The service itself has no such setting."""

import sys
from unittest.mock import patch

from api.__main__ import main
from api.journal.record import ModelRecords
from api.journal.writer import Journal

if __name__ == "__main__":
    with (
        patch.object(Journal, "append", lambda *_: None),
        patch.object(ModelRecords, "one", lambda *_, **__: b""),
        patch.object(ModelRecords, "many", lambda *_, **__: b""),
    ):
        sys.exit(main())
