"""KServe's model server and scikit-learn, asked over the Open Inference Protocol. It answers labels only."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.ask import BenchRequest, Workload, asks, large, single
from bench.peers.mlserver.peer import tensor
from bench.peers.peer import Peer, Place

HERE = Path(__file__).parent


class KServe(Peer):
    name = "kserve"
    title = "KServe + scikit-learn"
    venv = "kserve"
    packages = ("kserve", "fastapi", "uvicorn", "scikit-learn")
    ready = "/v2/models/iris/ready"

    def command(self, place: Place) -> list[str]:
        return [
            *(str(place.python), str(HERE / "service.py"), "--http_port", str(place.port), "--workers", "1"),
            *("--log_config_file", str(HERE / "quiet.yaml"), "--enable_latency_logging", "false"),
        ]

    def environment(self, place: Place) -> dict[str, str]:
        return {"MODEL": str(place.model / "model.joblib")}

    def asks(self) -> Mapping[Workload, BenchRequest]:
        path = "/v2/models/iris/infer"
        return {"one": asks(path, single(), tensor), "thousand": asks(path, large(), tensor)}

    def labels(self, workload: Workload, answer: Any) -> list[int] | None:
        return list(answer["outputs"][0]["data"])
