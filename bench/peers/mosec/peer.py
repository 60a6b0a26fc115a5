"""mosec, whose HTTP is written in Rust, with our own model.onnx."""

from pathlib import Path

from bench.peers.peer import OnnxPeer, Place

HERE = Path(__file__).parent


class Mosec(OnnxPeer):
    name = "mosec"
    title = "mosec + ONNX Runtime"
    venv = "mosec"
    packages = ("mosec", "onnxruntime")
    path = "/inference"
    ready = "/"

    def command(self, place: Place) -> list[str]:
        return [
            *(str(place.python), str(HERE / "service.py"), "--address", "127.0.0.1", "--port", str(place.port)),
            *("--path", str(place.scratch / "ipc"), "--log-level", "warning", "--max-request-size", "10000000"),
        ]
