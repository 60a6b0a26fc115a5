"""Ours with everything on: validation, drift counters, metrics, the journal with its default fsync."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.ask import BenchRequest, Workload, asks, large, objects, single
from bench.peers.peer import Peer, Place
from bench.servingdir import publish

HERE = Path(__file__).parent


class Ours(Peer):
    name = "ours"
    title = "mlops-iris"
    packages = ("fastapi", "gunicorn", "uvloop", "onnxruntime", "pydantic", "orjson", "prometheus-client")
    ready = "/health/ready"

    def command(self, place: Place) -> list[str]:
        publish(place.scratch / "serving", place.model)
        return [str(place.python), "-m", "api"]

    def environment(self, place: Place) -> dict[str, str]:
        return {
            "API_PORT": str(place.port),
            "API_WORKERS": "1",
            "SERVING_DIR": str(place.scratch / "serving"),
            "JOURNAL_DIR": str(place.scratch / "journal"),
            "PROMETHEUS_MULTIPROC_DIR": str(place.scratch / "metrics"),
        }

    def asks(self) -> Mapping[Workload, BenchRequest]:
        return {
            "one": asks("/predict", single(), lambda rows: objects(rows)[0]),
            "thousand": asks("/v2/models/iris_clf/infer", large(), tensor),
            "objects": asks("/predict/batch", large(), lambda rows: {"rows": objects(rows)}),
        }

    def labels(self, workload: Workload, answer: Any) -> list[int] | None:
        if workload == "one":
            return [answer["label_id"]]
        if workload == "objects":
            return [one["label_id"] for one in answer["predictions"]]
        outputs = {output["name"]: output["data"] for output in answer["outputs"]}
        # The bar is with every probability in the answer; a fast answer without them would not count.
        if len(outputs["probabilities"]) != 3 * len(outputs["label"]):
            return []
        return [int(label) for label in outputs["label"]]


class OursUnaudited(Ours):
    """The same without records and their write: what the audit costs."""

    name = "ours-unaudited"
    title = "mlops-iris, audit off"

    def command(self, place: Place) -> list[str]:
        super().command(place)
        return [str(place.python), str(HERE / "unaudited.py")]


def tensor(rows: list[list[float]]) -> dict[str, Any]:
    """One tensor of the Open Inference Protocol."""
    data = [value for row in rows for value in row]
    return {"inputs": [{"name": "features", "shape": [len(rows), 4], "datatype": "FP32", "data": data}]}
