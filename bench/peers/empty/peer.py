"""The two floors: an empty application under uvicorn with llhttp, and under gunicorn's own asgi worker."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from bench.ask import BenchRequest, Workload, asks, objects, single
from bench.peers.peer import Peer, Place

HERE = Path(__file__).parent


class Empty(Peer):
    """The floor that people compare with."""

    name = "empty"
    title = "empty ASGI application, uvicorn"
    packages: ClassVar[tuple[str, ...]] = ("uvicorn", "httptools", "uvloop")
    ready = "/"

    def command(self, place: Place) -> list[str]:
        return [
            *(str(place.python), "-m", "uvicorn", "app:app", "--app-dir", str(HERE), "--port", str(place.port)),
            *("--http", "httptools", "--loop", "uvloop", "--no-access-log"),
        ]

    def environment(self, place: Place) -> dict[str, str]:
        return {}

    def asks(self) -> Mapping[Workload, BenchRequest]:
        return {"one": asks("/predict", single(), lambda rows: objects(rows)[0])}

    def labels(self, workload: Workload, answer: Any) -> list[int] | None:
        return None


class EmptyGunicorn(Empty):
    """The same under gunicorn, whose parser is written in Python."""

    name = "empty-gunicorn"
    title = "empty ASGI application, gunicorn"
    packages = ("gunicorn", "uvloop")

    def command(self, place: Place) -> list[str]:
        return [
            *(str(place.python), "-m", "gunicorn", "app:app", "--chdir", str(HERE)),
            *("--worker-class", "asgi", "--bind", f"127.0.0.1:{place.port}", "--no-control-socket"),
        ]
