"""A Ray Serve application as its documentation writes it, behind the HAProxy that Ray recommends for throughput."""

import os
import signal
import sys
import tempfile
from typing import Any

import numpy as np
import onnxruntime as ort
import ray  # type: ignore[import-not-found]
from ray import serve


class Iris:
    def __init__(self, model: str) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    async def __call__(self, request: Any) -> Any:
        if request.method == "GET":
            return "ready"
        rows = np.array((await request.json())["rows"], dtype=np.float32)
        labels, probabilities = self.session.run(["label", "probabilities"], {"features": rows})
        return {"labels": labels.tolist(), "probabilities": probabilities.tolist()}


if __name__ == "__main__":
    # Ray's sockets are below this folder, and the path of a socket may have 107 characters only.
    with tempfile.TemporaryDirectory(prefix="ray-") as folder:
        os.environ["RAY_SERVE_HAPROXY_CONFIG_FILE_LOC"] = f"{folder}/haproxy.cfg"
        os.environ["RAY_SERVE_HAPROXY_SOCKET_PATH"] = f"{folder}/admin.sock"
        os.environ["RAY_SERVE_HAPROXY_SERVER_STATE_BASE"] = folder
        os.environ["RAY_SERVE_HAPROXY_SERVER_STATE_FILE"] = f"{folder}/state"
        ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, _temp_dir=folder)
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # Ray's own would leave the folder
        serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
        deployed = serve.deployment(num_replicas=1, max_ongoing_requests=100, ray_actor_options={"num_cpus": 0})(Iris)
        try:
            serve.run(deployed.bind(os.environ["MODEL"]), name="iris", route_prefix="/predict", blocking=True)
        finally:
            ray.shutdown()  # nothing writes into the folder any more
