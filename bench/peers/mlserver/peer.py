"""MLServer with its scikit-learn runtime, asked over the Open Inference Protocol. It answers labels only."""

import json
from collections.abc import Mapping
from typing import Any

from bench.ask import BenchRequest, Rows, Workload, asks, large, single
from bench.peers.peer import Peer, Place


class MlServer(Peer):
    """As it ships, but for the access log: a process that speaks HTTP and one that infers."""

    name = "mlserver"
    title = "MLServer"
    venv = "mlserver"
    parallel_workers = 1
    packages = ("mlserver", "mlserver-sklearn", "scikit-learn")
    ready = "/v2/models/iris/ready"

    def command(self, place: Place) -> list[str]:
        settings: dict[str, Any] = {"debug": False, "parallel_workers": self.parallel_workers}
        settings |= {"host": "127.0.0.1", "http_port": place.port}
        settings |= {"grpc_port": place.spare_ports[0], "metrics_port": place.spare_ports[1]}
        parameters = {"uri": str(place.model / "model.joblib")}
        model = {"name": "iris", "implementation": "mlserver_sklearn.SKLearnModel", "parameters": parameters}
        (place.scratch / "settings.json").write_text(json.dumps(settings))
        (place.scratch / "model-settings.json").write_text(json.dumps(model))
        return [str(place.bin / "mlserver"), "start", str(place.scratch)]

    def asks(self) -> Mapping[Workload, BenchRequest]:
        path = "/v2/models/iris/infer"
        return {"one": asks(path, single(), tensor), "thousand": asks(path, large(), tensor)}

    def labels(self, workload: Workload, answer: Any) -> list[int] | None:
        return list(answer["outputs"][0]["data"])


class MlServerInProcess(MlServer):
    """Tuned for one core: the inference in the process that speaks HTTP."""

    name = "mlserver-in-process"
    title = "MLServer, parallel_workers=0"
    parallel_workers = 0


def tensor(rows: Rows) -> dict[str, Any]:
    data = [value for row in rows for value in row]
    return {"inputs": [{"name": "predict", "shape": [len(rows), 4], "datatype": "FP32", "data": data}]}
