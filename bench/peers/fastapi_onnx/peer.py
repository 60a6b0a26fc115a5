"""The same FastAPI application under uvicorn with our own model.onnx: it separates our server from ONNX Runtime."""

from bench.peers import fastapi
from bench.peers.fastapi.peer import ROOT, FastApi
from bench.peers.peer import Place


class FastApiOnnx(FastApi):
    name = "fastapi-onnx"
    title = "FastAPI + ONNX Runtime"
    venv = "fastapi_onnx"
    takes_bundle = True
    packages = ("fastapi", "uvicorn", "uvloop", "httptools", "onnxruntime")

    def command(self, place: Place) -> list[str]:
        return [
            *(str(place.python), "-m", "uvicorn", f"{fastapi.__name__}.with_onnx:app", "--app-dir", str(ROOT)),
            *("--port", str(place.port), "--http", "httptools", "--loop", "uvloop", "--no-access-log"),
        ]

    def environment(self, place: Place) -> dict[str, str]:
        return {"MODEL": str(place.model / "model.onnx")}
