"""BentoML's HTTP server with one worker."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.ask import BenchRequest, Workload, asks, large, single
from bench.peers.peer import Peer, Place

HERE = Path(__file__).parent


class BentoMl(Peer):
    name = "bentoml"
    title = "BentoML"
    venv = "bentoml"
    packages = ("bentoml", "scikit-learn")
    ready = "/readyz"

    def command(self, place: Place) -> list[str]:
        return [
            *(str(place.bin / "bentoml"), "serve", "service:Iris", "--working-dir", str(HERE)),
            *("--host", "127.0.0.1", "--port", str(place.port)),
        ]

    def environment(self, place: Place) -> dict[str, str]:
        return {
            "MODEL": str(place.model / "model.joblib"),
            "BENTOML_HOME": str(place.scratch),
            "BENTOML_DO_NOT_TRACK": "True",
        }

    def asks(self) -> Mapping[Workload, BenchRequest]:
        return {
            "one": asks("/predict", single(), lambda rows: {"rows": rows}),
            "thousand": asks("/predict", large(), lambda rows: {"rows": rows}),
        }

    def labels(self, workload: Workload, answer: Any) -> list[int] | None:
        return [row.index(max(row)) for row in answer]
