"""Plain FastAPI and ONNX Runtime, written with care: one model call, plain numbers, no thread hop."""

import os

import numpy as np
import onnxruntime as ort
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
options = ort.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = ort.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
CLASSES = ("setosa", "versicolor", "virginica")


class Row(BaseModel):
    sepal_length: float
    sepal_width: float
    petal_length: float
    petal_width: float


class Rows(BaseModel):
    rows: list[Row]


class Prediction(BaseModel):
    label_id: int
    label_name: str
    probabilities: list[float]


@app.post("/predict")
async def predict(row: Row) -> Prediction:
    return answer([row])[0]


@app.post("/predict/batch")
async def predict_batch(batch: Rows) -> list[Prediction]:
    return answer(batch.rows)


def answer(rows: list[Row]) -> list[Prediction]:
    values = np.array([[r.sepal_length, r.sepal_width, r.petal_length, r.petal_width] for r in rows], dtype=np.float32)
    labels, probabilities = session.run(["label", "probabilities"], {"features": values})
    return [
        Prediction(label_id=label, label_name=CLASSES[label], probabilities=shares)
        for label, shares in zip(labels.tolist(), probabilities.tolist(), strict=True)
    ]
