"""LitServe with our own model.onnx."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.ask import BenchRequest, Workload, asks, large, single
from bench.peers.peer import Peer, Place

HERE = Path(__file__).parent


class LitServe(Peer):
    name = "litserve"
    title = "LitServe + ONNX Runtime"
    venv = "litserve"
    takes_bundle = True
    packages = ("litserve", "fastapi", "uvicorn", "onnxruntime")
    ready = "/health"

    def command(self, place: Place) -> list[str]:
        return [str(place.python), str(HERE / "service.py"), str(place.port)]

    def environment(self, place: Place) -> dict[str, str]:
        return {"MODEL": str(place.model / "model.onnx")}

    def asks(self) -> Mapping[Workload, BenchRequest]:
        return {
            "one": asks("/predict", single(), lambda rows: {"rows": rows}),
            "thousand": asks("/predict", large(), lambda rows: {"rows": rows}),
        }

    def labels(self, workload: Workload, answer: Any) -> list[int] | None:
        return list(answer["labels"])
