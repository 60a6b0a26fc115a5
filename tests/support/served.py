"""The api in this process, with one bundle in production."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from courier.following.policy import Alias, PolicyEntry, PolicyFile
from tests.support.polling import eventually


@contextmanager
def served(bundle: Path, folder: Path, model: str, *, shadow: bool = False, **settings: Any) -> Iterator[TestClient]:
    """A client of an api that serves `bundle` as version 7 of `model`; its serving folder and journal are in `folder`.

    With `shadow` the same bundle is version 8 there. `settings` are those of the api.
    """
    serving = folder / "serving"
    serving.mkdir()
    (serving / "bundles").symlink_to(bundle.parent, target_is_directory=True)
    entries: dict[Alias, PolicyEntry | None] = {
        "production": PolicyEntry(version="7", bundle=bundle.name),
        "canary": None,
        "shadow": PolicyEntry(version="8", bundle=bundle.name) if shadow else None,
    }
    PolicyFile(serving).write(model, entries, current=None)
    chosen = Settings(serving_dir=serving, journal_dir=folder / "journal", **settings)
    with TestClient(create_app(chosen), "http://localhost") as client:
        # A busy machine proves a bundle for longer than the start waits.
        eventually(lambda: client.get("/health/ready").status_code == 200, seconds=60)
        yield client
    structlog.reset_defaults()
