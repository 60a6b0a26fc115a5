"""LitServe with our own model.onnx."""

from pathlib import Path

from bench.peers.peer import OnnxPeer, Place

HERE = Path(__file__).parent


class LitServe(OnnxPeer):
    name = "litserve"
    title = "LitServe + ONNX Runtime"
    venv = "litserve"
    packages = ("litserve", "fastapi", "uvicorn", "onnxruntime")
    path = "/predict"
    ready = "/health"

    def command(self, place: Place) -> list[str]:
        return [str(place.python), str(HERE / "service.py"), str(place.port)]
