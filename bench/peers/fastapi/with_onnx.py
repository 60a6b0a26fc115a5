"""The application on ONNX Runtime, with one thread for each request."""

import os

import numpy as np
import onnxruntime as ort

from bench.peers.fastapi.app import application

options = ort.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = ort.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
app = application(lambda rows: session.run(["probabilities"], {"features": rows.astype(np.float32)})[0])
