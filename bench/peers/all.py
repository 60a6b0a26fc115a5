"""The servers that are compared, in the order of the table."""

from bench.peers.bentoml.peer import BentoMl
from bench.peers.empty.peer import Empty, EmptyGunicorn
from bench.peers.fastapi.peer import FastApi
from bench.peers.fastapi_onnx.peer import FastApiOnnx
from bench.peers.kserve.peer import KServe
from bench.peers.litserve.peer import LitServe
from bench.peers.mlflow.peer import MlflowServe
from bench.peers.mlserver.peer import MlServer, MlServerInProcess
from bench.peers.mosec.peer import Mosec
from bench.peers.ours.peer import Ours, OursUnaudited
from bench.peers.peer import Peer
from bench.peers.ray.peer import RayServe

MODELS = {"logistic_regression": "logistic regression", "random_forest": "forest of 200 trees"}


def peers() -> list[Peer]:
    return [
        *(Empty(), EmptyGunicorn(), Ours(), OursUnaudited(), Mosec(), FastApiOnnx(), FastApi(), LitServe(), KServe()),
        *(MlServerInProcess(), MlServer(), BentoMl(), MlflowServe(), RayServe()),
    ]
