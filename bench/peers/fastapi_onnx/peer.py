"""FastAPI under uvicorn with our own model.onnx: it separates our server from ONNX Runtime."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.ask import Ask, Workload, asks, large, objects, single
from bench.peers.peer import Peer, Place

HERE = Path(__file__).parent


class FastApiOnnx(Peer):
    name = "fastapi-onnx"
    title = "FastAPI + ONNX Runtime"
    venv = "fastapi_onnx"
    takes_bundle = True
    packages = ("fastapi", "uvicorn", "uvloop", "httptools", "onnxruntime")
    ready = "/openapi.json"

    def command(self, place: Place) -> list[str]:
        return [
            *(str(place.python), "-m", "uvicorn", "app:app", "--app-dir", str(HERE), "--port", str(place.port)),
            *("--http", "httptools", "--loop", "uvloop", "--no-access-log"),
        ]

    def environment(self, place: Place) -> dict[str, str]:
        return {"MODEL": str(place.model / "model.onnx")}

    def asks(self) -> Mapping[Workload, Ask]:
        batch = asks("/predict/batch", large(), lambda rows: {"rows": objects(rows)})
        return {
            "one": asks("/predict", single(), lambda rows: objects(rows)[0]),
            "thousand": batch,
            "objects": batch,
        }

    def labels(self, workload: Workload, answer: Any) -> list[int] | None:
        return [one["label_id"] for one in ([answer] if workload == "one" else answer)]
