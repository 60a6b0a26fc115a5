"""The floor: an application that reads the body and answers `{}`, on the same gunicorn settings as ours."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.ask import Ask, Workload, asks, objects, single
from bench.peers.peer import Peer, Place

HERE = Path(__file__).parent


class Empty(Peer):
    name = "empty"
    title = "empty ASGI application"
    packages = ("gunicorn", "uvloop")
    ready = "/"

    def command(self, place: Place) -> list[str]:
        return [str(place.python), str(HERE / "server.py")]

    def environment(self, place: Place) -> dict[str, str]:
        return {"API_PORT": str(place.port), "API_WORKERS": "1", "PROMETHEUS_MULTIPROC_DIR": str(place.scratch)}

    def asks(self) -> Mapping[Workload, Ask]:
        return {"one": asks("/predict", single(), lambda rows: objects(rows)[0])}

    def labels(self, workload: Workload, answer: Any) -> list[int] | None:
        return None
