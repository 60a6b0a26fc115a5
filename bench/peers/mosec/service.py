"""A mosec service: HTTP in Rust, and one worker in Python that is handed up to 16 requests at a time."""

import os
from typing import Any

import numpy as np
import onnxruntime as ort
from mosec import Server, Worker  # type: ignore[import-not-found]


class Iris(Worker):  # type: ignore[misc]
    def __init__(self) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = ort.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])

    def forward(self, data: list[dict[str, Any]]) -> list[dict[str, Any]]:
        counts = [len(one["rows"]) for one in data]
        rows = np.array([row for one in data for row in one["rows"]], dtype=np.float32)
        labels, probabilities = self.session.run(["label", "probabilities"], {"features": rows})
        ends = np.cumsum(counts)[:-1]
        return [
            {"labels": some.tolist(), "probabilities": shares.tolist()}
            for some, shares in zip(np.split(labels, ends), np.split(probabilities, ends), strict=True)
        ]


if __name__ == "__main__":
    server = Server()
    server.append_worker(Iris, num=1, max_batch_size=16, max_wait_time=1)
    server.run()
