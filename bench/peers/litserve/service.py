"""A LitServe service as its documentation writes it, without batching: with it, it answers fewer."""

import os
import sys
from typing import Any

import litserve  # type: ignore[import-not-found]
import numpy as np
import onnxruntime as ort


class Iris(litserve.LitAPI):  # type: ignore[misc]
    def setup(self, _device: str) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = ort.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])

    def decode_request(self, request: dict[str, Any]) -> Any:
        return np.array(request["rows"], dtype=np.float32)

    def predict(self, rows: Any) -> Any:
        return self.session.run(["label", "probabilities"], {"features": rows})

    def encode_response(self, output: Any) -> dict[str, Any]:
        labels, probabilities = output
        return {"labels": labels.tolist(), "probabilities": probabilities.tolist()}


if __name__ == "__main__":
    server = litserve.LitServer(Iris(), accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1", port=int(sys.argv[1]), num_api_servers=1, log_level="warning", generate_client_file=False
    )
