"""mosec, whose HTTP is written in Rust, with our own model.onnx."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.ask import BenchRequest, Workload, asks, large, single
from bench.peers.peer import Peer, Place

HERE = Path(__file__).parent


class Mosec(Peer):
    name = "mosec"
    title = "mosec + ONNX Runtime"
    venv = "mosec"
    takes_bundle = True
    packages = ("mosec", "onnxruntime")
    ready = "/"

    def command(self, place: Place) -> list[str]:
        return [
            *(str(place.python), str(HERE / "service.py"), "--address", "127.0.0.1", "--port", str(place.port)),
            *("--path", str(place.scratch / "ipc"), "--log-level", "warning", "--max-request-size", "10000000"),
        ]

    def environment(self, place: Place) -> dict[str, str]:
        return {"MODEL": str(place.model / "model.onnx")}

    def asks(self) -> Mapping[Workload, BenchRequest]:
        return {
            "one": asks("/inference", single(), lambda rows: {"rows": rows}),
            "thousand": asks("/inference", large(), lambda rows: {"rows": rows}),
        }

    def labels(self, workload: Workload, answer: Any) -> list[int] | None:
        return list(answer["labels"])
