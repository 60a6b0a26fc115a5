"""FastAPI and scikit-learn under gunicorn and uvicorn-worker, as most people begin."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from bench.ask import BenchRequest, Workload, asks, large, objects, single
from bench.peers.peer import Peer, Place

ROOT = Path(__file__).parents[3]


class FastApi(Peer):
    name = "fastapi"
    title = "FastAPI + scikit-learn"
    venv = "fastapi"
    packages: ClassVar[tuple[str, ...]] = ("fastapi", "gunicorn", "uvicorn-worker", "scikit-learn")
    ready = "/openapi.json"

    def command(self, place: Place) -> list[str]:
        return [
            *(str(place.bin / "gunicorn"), "--chdir", str(ROOT), "--bind", f"127.0.0.1:{place.port}"),
            *(
                "--workers",
                "1",
                "--worker-class",
                "uvicorn_worker.UvicornWorker",
                "bench.peers.fastapi.with_sklearn:app",
            ),
        ]

    def environment(self, place: Place) -> dict[str, str]:
        return {"MODEL": str(place.model / "model.joblib")}

    def asks(self) -> Mapping[Workload, BenchRequest]:
        batch = asks("/predict/batch", large(), lambda rows: {"rows": objects(rows)})
        return {
            "one": asks("/predict", single(), lambda rows: objects(rows)[0]),
            "thousand": batch,
            "objects": batch,
        }

    def labels(self, workload: Workload, answer: Any) -> list[int] | None:
        return [one["label_id"] for one in ([answer] if workload == "one" else answer)]
